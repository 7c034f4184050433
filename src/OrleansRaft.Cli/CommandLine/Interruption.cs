using System.Runtime.InteropServices;

namespace OrleansRaft.Cli.CommandLine;

/// <summary>Turns Ctrl+C and SIGTERM into a cancelled token while it lives.</summary>
internal sealed class Interruption : IDisposable
{
    private readonly CancellationTokenSource source;
    private readonly PosixSignalRegistration keyboard;
    private readonly PosixSignalRegistration termination;

    /// <summary>Begins to listen.</summary>
    /// <param name="outer">Interrupts as a signal does.</param>
    public Interruption(CancellationToken outer)
    {
        source = CancellationTokenSource.CreateLinkedTokenSource(outer);
        keyboard = PosixSignalRegistration.Create(PosixSignal.SIGINT, OnSignal);
        termination = PosixSignalRegistration.Create(PosixSignal.SIGTERM, OnSignal);
    }

    /// <summary>Cancelled by the first signal.</summary>
    public CancellationToken Token => source.Token;

    /// <summary>The first signal, if one came.</summary>
    public PosixSignal? Signal { get; private set; }

    /// <inheritdoc/>
    public void Dispose()
    {
        keyboard.Dispose();
        termination.Dispose();
        source.Dispose();
    }

    /// <summary>Takes the first signal; a second one ends the process as it would without us.</summary>
    private void OnSignal(PosixSignalContext context)
    {
        if (Signal is not null)
        {
            return;
        }

        context.Cancel = true;
        Signal = context.Signal;
        source.Cancel();
    }
}
