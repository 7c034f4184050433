using System.Runtime.InteropServices;

namespace OrleansRaft.Cli.CommandLine;

/// <summary>
/// Turns the signals that ask a process to end into a cancelled token while it lives: Ctrl+C, Ctrl+\, SIGTERM and the loss of the terminal. One that
/// the process was told to ignore, as <c>nohup</c> does with the last of them, stays ignored.
/// </summary>
internal sealed class Interruption : IDisposable
{
    private readonly CancellationTokenSource first;
    private readonly CancellationTokenSource second = new();
    private readonly bool takesSecond;
    private readonly List<PosixSignalRegistration> registrations;
    private int signals;

    /// <summary>Begins to listen.</summary>
    /// <param name="outer">Interrupts as a signal does.</param>
    /// <param name="takesSecond">Whether a second signal is taken, too, by <see cref="SecondSignal"/>; otherwise it ends the process as it would
    /// without us.</param>
    public Interruption(CancellationToken outer, bool takesSecond = false)
    {
        this.takesSecond = takesSecond;
        first = CancellationTokenSource.CreateLinkedTokenSource(outer);
        registrations =
        [
            PosixSignalRegistration.Create(PosixSignal.SIGINT, OnSignal),
            PosixSignalRegistration.Create(PosixSignal.SIGTERM, OnSignal),
            PosixSignalRegistration.Create(PosixSignal.SIGQUIT, OnSignal),
            PosixSignalRegistration.Create(PosixSignal.SIGHUP, OnSignal),
        ];
    }

    /// <summary>Cancelled by the first signal.</summary>
    public CancellationToken Token => first.Token;

    /// <summary>Cancelled by the second signal, where it is taken.</summary>
    public CancellationToken SecondSignal => second.Token;

    /// <summary>The first signal, if one came.</summary>
    public PosixSignal? Signal { get; private set; }

    /// <summary>
    /// How a process ends that does nothing but wait for a signal: SIGTERM is what supervisors send, everything else comes from a terminal.
    /// </summary>
    public ExitCode ExitCode => Signal == PosixSignal.SIGTERM ? ExitCode.Ok : ExitCode.Interrupted;

    /// <inheritdoc/>
    public void Dispose()
    {
        registrations.ForEach(static registration => registration.Dispose());
        first.Dispose();
        second.Dispose();
    }

    /// <summary>A signal has come. On a thread of the runtime's own, where an exception would end the process.</summary>
    internal void OnSignal(PosixSignalContext context)
    {
        var number = Interlocked.Increment(ref signals);
        if (number == 1)
        {
            context.Cancel = true;
            Signal = context.Signal;
            Cancel(first);
        }
        else if (number == 2 && takesSecond)
        {
            context.Cancel = true;
            Cancel(second);
        }
    }

    private static void Cancel(CancellationTokenSource source)
    {
        try
        {
            source.Cancel();
        }
        catch (ObjectDisposedException)
        {
            // It came just as nobody listened any more: the process ends in any case.
        }
    }
}
