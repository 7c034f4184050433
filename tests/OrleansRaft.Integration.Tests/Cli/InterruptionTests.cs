using System.Runtime.InteropServices;
using OrleansRaft.Cli.CommandLine;

namespace OrleansRaft.Integration.Tests.Cli;

public sealed class InterruptionTests
{
    /// <summary>Signals come on a thread of the runtime's own: what is thrown there ends the process with another exit code.</summary>
    [Fact]
    public void Signals_that_come_just_as_nobody_listens_any_more_do_no_harm()
    {
        var interruption = new Interruption(TestContext.Current.CancellationToken, takesSecond: true);
        interruption.Dispose();

        Should.NotThrow(() => interruption.OnSignal(new PosixSignalContext(PosixSignal.SIGTERM)));
        Should.NotThrow(() => interruption.OnSignal(new PosixSignalContext(PosixSignal.SIGINT)));
    }
}
