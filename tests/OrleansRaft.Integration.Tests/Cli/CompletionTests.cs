using System.Diagnostics;
using OrleansRaft.Testbed.Processes;

namespace OrleansRaft.Integration.Tests.Cli;

/// <summary>Scripts that let shells complete commands and options.</summary>
public sealed class CompletionTests
{
    private const string Bash = """
        oraft() { dotnet "$ORAFT_UNDER_TEST" "$@"; }
        source <(oraft completion bash)
        for line in "oraft cou" "oraft counter " "oraft serve --dr" "oraft serve --store " "oraft status --js"; do
            COMP_LINE="$line"; COMP_POINT=${#line}
            read -ra COMP_WORDS <<<"$line"
            [[ "$line" == *" " ]] && COMP_WORDS+=("")
            COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
            COMPREPLY=()
            _oraft
            echo "$line: ${COMPREPLY[*]}"
        done
        """;

    [Theory]
    [InlineData("bash", "complete -o default -F _oraft oraft")]
    [InlineData("zsh", "compdef _oraft oraft")]
    [InlineData("fish", "complete --command oraft")]
    [InlineData("pwsh", "Register-ArgumentCompleter")]
    public async Task Each_shell_has_a_script(string shell, string registration)
    {
        var run = await CommandLineRun.RunAsync("completion", shell);

        run.ExitCode.ShouldBe(0);
        run.Output.ShouldContain(registration);
        run.Output.ShouldContain("[suggest:");
    }

    [Fact]
    public async Task Another_shell_is_a_usage_error()
    {
        var run = await CommandLineRun.RunAsync("completion", "tcsh");

        run.ExitCode.ShouldBe(2);
        run.Error.ShouldContain("bash");
    }

    [Fact]
    public async Task Bash_completes_commands_options_and_values()
    {
        Assert.SkipUnless(File.Exists("/bin/bash"), "This machine has no bash.");
        var start = new ProcessStartInfo("/bin/bash", ["-c", Bash]) { RedirectStandardOutput = true };
        start.Environment["ORAFT_UNDER_TEST"] = OraftProcess.Program;

        using var bash = Process.Start(start)!;
        var lines = (await bash.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken)).Split('\n');

        lines.ShouldContain("oraft cou: counter");
        lines.ShouldContain(
            line => line.StartsWith("oraft counter : ", StringComparison.Ordinal) && line.Contains(" add ", StringComparison.Ordinal));
        lines.ShouldContain("oraft serve --dr: --drain");
        lines.ShouldContain("oraft serve --store : memory postgres sqlite");
        lines.ShouldContain("oraft status --js: --json");
    }
}
