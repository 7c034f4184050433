using System.IO.Pipes;
using OrleansRaft.Cli.Output;
using OrleansRaft.Testbed.Processes;

namespace OrleansRaft.Integration.Tests.Cli;

/// <summary>Standard streams that are full, closed or read by nobody: a silo goes on, and a command says so.</summary>
[Collection(OneSilo.Name)]
public sealed class StandardStreamTests(OneSilo silo)
{
    private const int Nowhere = 1;

    public static TheoryData<string, int> BrokenErrors => new()
    {
        { "2>/dev/full", 3 },
        { "2>&-", 3 },
        { "0<&- 1>&- 2>&-", 3 },
    };

    /// <summary>
    /// A process whose standard error is closed gets its number for the next file that it opens, and must not take that for standard error.
    /// </summary>
    [Theory]
    [InlineData("2>/dev/full")]
    [InlineData("0<&- 1>&- 2>&-")]
    public async Task A_silo_serves_without_a_standard_error_and_stops_in_order(string redirection)
    {
        await using var mute = new OraftSilo("mute", ["--groups", "1", "--store", "memory"]) { Launcher = Shell($"exec \"$@\" {redirection}") };
        mute.Start();
        await mute.WaitUntilReadyAsync();

        var added = await CommandLineRun.AtAsync(mute.Address, "counter", "add", "acme", "visits");
        mute.Process.Terminate();

        added.ExitCode.ShouldBe(0, added.Error);
        (await mute.Process.WaitForExitAsync(TimeSpan.FromMinutes(1))).ShouldBe(0);
    }

    [Theory]
    [MemberData(nameof(BrokenErrors))]
    public async Task A_command_ends_with_its_exit_code_although_nothing_can_be_said(string redirection, int exitCode)
    {
        await using var process = OraftProcess.Start(
            ["status", "--server", $"http://127.0.0.1:{Nowhere}"], launcher: Shell($"exec \"$@\" {redirection}"));

        (await process.WaitForExitAsync(TimeSpan.FromMinutes(1))).ShouldBe(exitCode, process.Transcript);
    }

    [Theory]
    [InlineData("lab list", ">/dev/full", "No space left")]
    [InlineData("lab list --json", "1>&-", "closed")]
    [InlineData("serve --help", ">/dev/full", "No space left")]
    public async Task An_answer_that_cannot_be_written_is_a_sentence(string line, string redirection, string reason)
    {
        await using var process = OraftProcess.Start(line.Split(' '), launcher: Shell($"exec \"$@\" {redirection}"));

        (await process.WaitForExitAsync(TimeSpan.FromMinutes(1))).ShouldBe(1, process.Transcript);
        process.Errors.ShouldHaveSingleItem().ShouldContain(reason);
        process.Transcript.ShouldContain("standard output");
        process.Transcript.ShouldNotContain("defect");
    }

    [Fact]
    public async Task A_change_whose_answer_cannot_be_written_was_made_all_the_same()
    {
        var command = new[] { "counter", "add", "streams", "lost", "--server", silo.Address.AbsoluteUri };

        await using var process = OraftProcess.Start(command, launcher: Shell("exec \"$@\" >/dev/full"));

        (await process.WaitForExitAsync(TimeSpan.FromMinutes(1))).ShouldBe(6, process.Transcript);
        process.Transcript.ShouldContain("the change was made");
        (await CommandLineRun.AtAsync(silo.Address, "counter", "get", "streams", "lost")).Output.ShouldContain("= 1 ");
    }

    /// <summary>The console's own stream ignores that nobody reads any more, so that the command would go on for ever.</summary>
    [Theory]
    [InlineData("")]
    [InlineData(" --json")]
    public async Task A_command_that_follows_ends_when_its_reader_has_seen_enough(string more)
    {
        using var end = new CancellationTokenSource();
        var adding = AddUntilAsync(end.Token);
        await using var process = OraftProcess.Start(
            [
                "counter",
                "watch",
                "streams",
                "followed",
                "--server",
                silo.Address.AbsoluteUri,
                .. more.Split(' ', StringSplitOptions.RemoveEmptyEntries),
            ],
            launcher: Shell("\"$@\" | head -n 1; exit 0"));

        (await process.WaitForExitAsync(TimeSpan.FromMinutes(1))).ShouldBe(0, process.Transcript);
        process.Output.ShouldHaveSingleItem();
        process.Errors.ShouldBeEmpty();
        await end.CancelAsync();
        await adding;
    }

    [Fact]
    public void A_pipe_that_its_reader_closed_says_so()
    {
        using var pipe = new AnonymousPipeServerStream(PipeDirection.Out);
        pipe.DisposeLocalCopyOfClientHandle();
        using var stream = new DescriptorStream((int)pipe.SafePipeHandle.DangerousGetHandle(), mayLose: false);

        Should.Throw<OutputException>(() => stream.Write("lost"u8)).IsReaderGone.ShouldBeTrue();
    }

    /// <summary>A paused terminal or a log collector that hangs must not hold up whoever logs.</summary>
    [Fact]
    public async Task A_pipe_that_nobody_reads_loses_what_may_be_lost()
    {
        await using var pipe = new AnonymousPipeServerStream(PipeDirection.Out);
        await using var stream = new DescriptorStream((int)pipe.SafePipeHandle.DangerousGetHandle(), mayLose: true);

        await Task.Run(
            () => stream.Write(new byte[1 << 20]),
            TestContext.Current.CancellationToken).WaitAsync(TimeSpan.FromMinutes(1),
            TestContext.Current.CancellationToken);
    }

    private static IReadOnlyList<string> Shell(string script) => ["/bin/sh", "-c", script, "sh"];

    private async Task AddUntilAsync(CancellationToken end)
    {
        while (!end.IsCancellationRequested)
        {
            await CommandLineRun.AtAsync(silo.Address, "counter", "add", "streams", "followed");
            await Task.Delay(TimeSpan.FromMilliseconds(50), CancellationToken.None);
        }
    }
}
