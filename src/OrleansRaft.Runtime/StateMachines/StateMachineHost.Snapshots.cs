using System.Buffers;
using System.Security.Cryptography;
using OrleansRaft.Core;
using OrleansRaft.Runtime.Sessions;
using OrleansRaft.Runtime.Storage;

namespace OrleansRaft.Runtime.StateMachines;

/// <summary>How state and sessions are captured, viewed, told by a digest, and restored, together.</summary>
internal sealed partial class StateMachineHost<TCommand, TResult>
{
    private const int RestBytesAtOnce = 64 * 1024;

    private int capturedBytes;

    private HostStateHead Head => new(AppliedEntry, AppliedTime, AppliedUtc, Version);

    /// <inheritdoc/>
    public IStateView TakeView(long captureBytesMax) => TakeView(captureBytesMax, Level);

    private IStateView TakeView(long captureBytesMax, int level)
    {
        if (machine is not IViewStateMachine<TCommand, TResult> views)
        {
            return new CapturedState(Capture(captureBytesMax, level));
        }

        use.Enter();
        try
        {
            var state = views.TakeView() ?? throw new InvalidOperationException("there is no view");
            return new HostView(this, state, level);
        }
        catch (Exception exception) when (exception is not InvariantViolationException)
        {
            throw new MachineException(nameof(views.TakeView), exception);
        }
        finally
        {
            use.Leave();
        }
    }

    /// <inheritdoc/>
    public ReadOnlyMemory<byte> Capture() => Capture(Array.MaxLength, Level);

    private ReadOnlyMemory<byte> Capture(long bytesMax, int level)
    {
        use.Enter();
        try
        {
            var output = new ArrayBufferWriter<byte>(Math.Max(256, capturedBytes + (capturedBytes / 8)));
            using (var view = ViewSessions())
            {
                Head.Write(output, view, level);
            }

            machine.Capture(new LimitedCapture(output, bytesMax));
            capturedBytes = output.WrittenCount;
            return output.WrittenMemory;
        }
        catch (Exception exception) when (exception is not InvariantViolationException)
        {
            throw new MachineException(nameof(machine.Capture), exception);
        }
        finally
        {
            use.Leave();
        }
    }

    /// <inheritdoc/>
    public PendingDigest BeginDigest()
    {
        if (machine is not IMeasuredState measured)
        {
            // Whatever level each replica knows of, digests are of the same bytes.
            return new PendingDigest(TakeView(Array.MaxLength, FeatureLevels.Newest));
        }

        use.Enter();
        try
        {
            var output = new ArrayBufferWriter<byte>(96);
            Head.WriteEntry(output);
            lock (sessions)
            {
                HostStateHead.WriteDigest(output, tables.Digest());
            }

            HostStateHead.WriteDigest(output, measured.StateDigest);
            return new PendingDigest(SHA256.HashData(output.WrittenSpan));
        }
        catch (Exception exception) when (exception is not InvariantViolationException)
        {
            throw new MachineException(nameof(measured.StateDigest), exception);
        }
        finally
        {
            use.Leave();
        }
    }

    private SessionTablesView ViewSessions()
    {
        lock (sessions)
        {
            return tables.View();
        }
    }

    /// <inheritdoc/>
    public void Restore(ReadOnlyMemory<byte> state)
    {
        using var stream = SnapshotStream.Of(state);
        Restore(stream);
    }

    /// <inheritdoc/>
    public void Restore(Stream state)
    {
        ArgumentNullException.ThrowIfNull(state);
        var head = HostStateHead.Read(state, ScopeOrNobody, out var restored);
        Replace(head, restored, () => RestoreMachine(state));
    }

    private void RestoreMachine(Stream state)
    {
        if (machine is IViewStateMachine<TCommand, TResult> views)
        {
            views.Restore(state);
        }
        else
        {
            machine.Restore(ReadToEnd(state));
        }
    }

    private void Replace(in HostStateHead head, SessionTables restored, Action restore)
    {
        var version = head.Version;
        RequireSupport(version, head.Entry);
        use.Enter();
        try
        {
            versioned?.Version = version;
            restore();
        }
        catch (Exception exception) when (exception is not CorruptDataException)
        {
            throw new MachineException("Restore", exception);
        }
        finally
        {
            use.Leave();
        }

        lock (sessions)
        {
            (AppliedEntry, AppliedTime, AppliedUtc, Version, tables) = (head.Entry, head.Time, head.Utc, version, restored);
        }
    }

    /// <summary>Reads the rest into memory, for a machine without views.</summary>
    private static ReadOnlyMemory<byte> ReadToEnd(Stream state)
    {
        var output = new ArrayBufferWriter<byte>();
        while (true)
        {
            var length = state.Read(output.GetSpan(RestBytesAtOnce));
            if (length == 0)
            {
                return output.WrittenMemory;
            }

            output.Advance(length);
        }
    }

    /// <summary>A machine's view, with what the host knows.</summary>
    private sealed class HostView(StateMachineHost<TCommand, TResult> host, IStateView state, int level) : IStateView
    {
        private readonly HostStateHead head = host.Head;
        private readonly SessionTablesView sessions = host.ViewSessions();

        public void Write(IBufferWriter<byte> output)
        {
            head.Write(output, sessions, level);
            state.Write(output);
        }

        public void Dispose()
        {
            sessions.Dispose();
            state.Dispose();
        }
    }
}
