using System.CommandLine;

namespace OrleansRaft.Cli.Commands;

/// <summary>
/// <c>oraft completion</c>: a script that lets a shell complete commands and options. The script asks oraft itself, by the directive
/// <c>[suggest]</c>.
/// </summary>
internal static class CompletionCommand
{
    private static readonly Argument<string> Shell = new Argument<string>("shell")
    {
        Description = "Which shell: bash, zsh, fish or pwsh.",
        HelpName = "bash|zsh|fish|pwsh",
    }.AcceptOnlyFromAmong("bash", "zsh", "fish", "pwsh");

    private const string Bash = """
        # Completes the commands and options of oraft. Put this into ~/.bashrc:
        #   source <(oraft completion bash)
        _oraft() {
            local typed="${COMP_LINE:0:COMP_POINT}" word="${COMP_WORDS[COMP_CWORD]}"
            typed="${typed#"${COMP_WORDS[0]}"}"
            typed="${typed# }"
            COMPREPLY=($(compgen -W "$("${COMP_WORDS[0]}" "[suggest:${#typed}]" "$typed" 2>/dev/null)" -- "$word"))
        }
        complete -o default -F _oraft oraft
        """;

    private const string Zsh = """
        #compdef oraft
        # Completes the commands and options of oraft. Put this into ~/.zshrc, after compinit:
        #   source <(oraft completion zsh)
        _oraft() {
            local typed="${(j: :)words[2,CURRENT]}"
            local -a found
            found=("${(@f)$("${words[1]}" "[suggest:${#typed}]" "$typed" 2>/dev/null)}")
            compadd -a found || _files
        }
        if [ "${funcstack[1]}" = "_oraft" ]; then
            _oraft "$@"
        else
            compdef _oraft oraft
        fi
        """;

    private const string Fish = """
        # Completes the commands and options of oraft. Put this into ~/.config/fish/config.fish:
        #   oraft completion fish | source
        function __oraft_suggest
            set -l typed (commandline --cut-at-cursor --current-process | string replace --regex '^\s*\S+\s?' '')
            oraft "[suggest:"(string length -- "$typed")"]" "$typed" 2>/dev/null
        end
        complete --command oraft --arguments '(__oraft_suggest)'
        """;

    private const string PowerShell = """
        # Completes the commands and options of oraft. Put this into $PROFILE:
        #   oraft completion pwsh | Out-String | Invoke-Expression
        Register-ArgumentCompleter -Native -CommandName oraft -ScriptBlock {
            param($word, $command, $position)
            $typed = "$command".PadRight($position) -replace '^\s*\S+\s?', ''
            oraft "[suggest:$($typed.Length)]" "$typed" 2>$null | Where-Object { $_ -like "$word*" } | ForEach-Object {
                [System.Management.Automation.CompletionResult]::new($_, $_, 'ParameterValue', $_)
            }
        }
        """;

    /// <summary>Makes the command.</summary>
    public static Command Create()
    {
        var command = new Command(
            "completion", "Prints a script that completes commands and options in a shell, such as `source <(oraft completion bash)`.") { Shell };
        command.SetAction(parsed => parsed.InvocationConfiguration.Output.WriteLine(ScriptOf(parsed.GetRequiredValue(Shell))));
        return command;
    }

    private static string ScriptOf(string shell) => shell switch
    {
        "bash" => Bash,
        "zsh" => Zsh,
        "fish" => Fish,
        _ => PowerShell,
    };
}
