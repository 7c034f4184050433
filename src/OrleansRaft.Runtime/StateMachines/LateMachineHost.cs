using OrleansRaft.Core;
using OrleansRaft.Runtime.Sessions;

namespace OrleansRaft.Runtime.StateMachines;

/// <summary>
/// Stands for a state machine whose constructor threw when its replica began, and makes it when the replica's state is next restored: until then the
/// replica is halted, as by a <c>Restore</c> that throws, and its log, its vote and its acknowledgements live on.
/// </summary>
/// <remarks>
/// Machines are tried out when a silo starts, so this is one whose dependencies fail later. Where nothing threw there is none of these, and no call
/// passes through it.
/// </remarks>
internal sealed class LateMachineHost : IStateMachineHost
{
    private readonly Func<IStateMachineHost> make;
    private readonly MachineTraits traits;
    private readonly Lock gate = new();
    private MachineException failure;
    private IStateMachineHost? machine;
    private int level = FeatureLevels.Newest;
    private bool isDisposed;

    private LateMachineHost(Func<IStateMachineHost> make, MachineTraits traits, Exception thrown)
    {
        this.make = make;
        this.traits = traits;
        failure = Unmade(thrown);
    }

    /// <inheritdoc/>
    public EntryId AppliedEntry => machine?.AppliedEntry ?? EntryId.Zero;

    /// <inheritdoc/>
    public LogTime AppliedTime => machine?.AppliedTime ?? LogTime.Zero;

    /// <inheritdoc/>
    public UtcTime AppliedUtc => machine?.AppliedUtc ?? UtcTime.None;

    /// <inheritdoc/>
    public int Level
    {
        get => Volatile.Read(ref level);
        set
        {
            lock (gate)
            {
                Volatile.Write(ref level, value);
                if (machine is { } made)
                {
                    made.Level = value;
                }
            }
        }
    }

    /// <inheritdoc/>
    public SessionLimits Limits => machine?.Limits ?? SessionLimits.Initial;

    /// <inheritdoc/>
    public int RequestIds => machine?.RequestIds ?? 0;

    /// <inheritdoc/>
    public long RequestBytes => machine?.RequestBytes ?? 0;

    /// <inheritdoc/>
    public long? StateBytes => machine?.StateBytes;

    /// <inheritdoc/>
    public long? StateKeys => machine?.StateKeys;

    /// <inheritdoc/>
    public bool IsBounded => traits.IsBounded;

    /// <inheritdoc/>
    public bool HasViews => traits.HasViews;

    /// <inheritdoc/>
    public ulong Program => traits.Program;

    /// <inheritdoc/>
    public MachineVersions Versions => traits.Versions;

    /// <inheritdoc/>
    public int Version => machine?.Version ?? MachineVersions.Initial;

    private IStateMachineHost Made => Volatile.Read(ref machine) ?? throw failure;

    /// <summary>Makes a state machine, or, where its constructor throws, what makes it later.</summary>
    /// <param name="make">Makes it.</param>
    /// <param name="known">
    /// What is known of the machines of this set; null before the first was made, when an exception is the caller's to handle.
    /// </param>
    public static IStateMachineHost MakeNowOrLater(Func<IStateMachineHost> make, MachineTraits? known)
    {
        ArgumentNullException.ThrowIfNull(make);
        try
        {
            return make();
        }
        catch (Exception thrown) when (known is not null)
        {
            return new LateMachineHost(make, known, thrown);
        }
    }

    /// <inheritdoc/>
    Reply? IStateMachineHost.RejectShare(in EnvelopeView command, ReadOnlySpan<byte> scope, LogTime now, int pendingOfScope, int pending) =>
        Volatile.Read(ref machine)?.RejectShare(command, scope, now, pendingOfScope, pending);

    /// <inheritdoc/>
    ReadOnlyMemory<byte> IStateMachineHost.ScopeOf(ReadOnlyMemory<byte> requestId) => Made.ScopeOf(requestId);

    /// <inheritdoc/>
    CommandCheck IStateMachineHost.Check(ReadOnlyMemory<byte> envelope) =>
        Volatile.Read(ref machine)?.Check(envelope) ?? new CommandCheck(failure.Message, RejectionReason.MachineHalted, default);

    /// <inheritdoc/>
    public string? Reject(ReadOnlyMemory<byte> envelope) => Volatile.Read(ref machine) is { } made ? made.Reject(envelope) : failure.Message;

    /// <inheritdoc/>
    public void Apply(IReadOnlyList<Entry> entries, Span<Reply> replies) => Made.Apply(entries, replies);

    /// <inheritdoc/>
    public Reply Skip(in Entry entry) => Made.Skip(entry);

    /// <inheritdoc/>
    public Reply Query(in QueryEnvelope query) =>
        Volatile.Read(ref machine)?.Query(query) ?? Reply.Rejected(RejectionReason.MachineHalted, null, 0, failure.Message);

    /// <inheritdoc/>
    public IStateView TakeView(long captureBytesMax) => Made.TakeView(captureBytesMax);

    /// <inheritdoc/>
    public ReadOnlyMemory<byte> Capture() => Made.Capture();

    /// <inheritdoc/>
    public PendingDigest BeginDigest() => Made.BeginDigest();

    /// <inheritdoc/>
    public void Restore(ReadOnlyMemory<byte> state) => Make().Restore(state);

    /// <inheritdoc/>
    public void Restore(Stream state) => Make().Restore(state);

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        lock (gate)
        {
            isDisposed = true;
        }

        return Volatile.Read(ref machine)?.DisposeAsync() ?? default;
    }

    private IStateMachineHost Make()
    {
        if (Volatile.Read(ref machine) is { } made)
        {
            return made;
        }

        IStateMachineHost next;
        try
        {
            next = make();
        }
        catch (Exception thrown)
        {
            throw failure = Unmade(thrown);
        }

        if (MachineTraits.Of(next) != traits)
        {
            _ = next.DisposeAsync().AsTask();
            throw failure = new MachineException(
                $"The state machine says of itself {MachineTraits.Of(next)}, and the ones before said {traits}. "
                + "Let the machines of a set differ in their state alone.");
        }

        lock (gate)
        {
            if (!isDisposed)
            {
                next.Level = level;
                Volatile.Write(ref machine, next);
                return next;
            }
        }

        // Its replica has ended meanwhile, and nobody else knows of it.
        _ = next.DisposeAsync().AsTask();
        throw new MachineException("The state machine was made when its replica had ended.");
    }

    private static MachineException Unmade(Exception thrown) => new("The constructor of the state machine", thrown);
}
