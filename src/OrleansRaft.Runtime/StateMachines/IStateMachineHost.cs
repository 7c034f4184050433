using OrleansRaft.Core;
using OrleansRaft.Runtime.Sessions;

namespace OrleansRaft.Runtime.StateMachines;

/// <summary>A state machine behind its codecs and session tables: bytes in, bytes out. Deterministic, and used by one thread at a time.</summary>
/// <remarks>
/// <see cref="RejectShare"/>, which asks nobody's code, may be called while another thread uses the state machine. Whatever a user's code throws is a
/// <see cref="MachineException"/>, or, of a query, a rejection. Disposed once its replica has ended, from any thread: the application's
/// state machine is disposed, and is not used afterwards.
/// </remarks>
internal interface IStateMachineHost : IAsyncDisposable
{
    /// <summary>The last entry whose effects the state machine holds.</summary>
    EntryId AppliedEntry { get; }

    /// <summary>The group's time at <see cref="AppliedEntry"/>.</summary>
    LogTime AppliedTime { get; }

    /// <summary>The UTC stamp of <see cref="AppliedEntry"/>; none where there is none.</summary>
    UtcTime AppliedUtc { get; }

    /// <summary>
    /// The feature level at which the cluster works, as far as is known: what is captured is written so that programs of that level read it. Set on
    /// any thread.
    /// </summary>
    int Level { get; set; }

    /// <summary>The limits in force at <see cref="AppliedEntry"/>.</summary>
    SessionLimits Limits { get; }

    /// <summary>How many request ids are remembered at <see cref="AppliedEntry"/>.</summary>
    int RequestIds { get; }

    /// <summary>What they cost there, about, in bytes: see <see cref="RaftOptions.RequestBytesMax"/>.</summary>
    long RequestBytes { get; }

    /// <summary>How many bytes the machine's state has there; null when the machine is no <see cref="IMeasuredState"/>.</summary>
    long? StateBytes { get; }

    /// <summary>How many keys the machine's state has there; null when the machine is no <see cref="IMeasuredState"/>.</summary>
    long? StateKeys { get; }

    /// <summary>Whether every call takes a short, bounded time and throws nothing: only the library's own state machines can promise that.</summary>
    bool IsBounded { get; }

    /// <summary>
    /// Whether a view of the state costs next to nothing, and is written apart: see <see cref="IViewStateMachine{TCommand,TResult}"/>.
    /// </summary>
    bool HasViews { get; }

    /// <summary>Tells one build of the state machine from another: what ended the process under one is left to the next.</summary>
    ulong Program { get; }

    /// <summary>The versions of the state machine that this program supports.</summary>
    MachineVersions Versions { get; }

    /// <summary>The version in force at <see cref="AppliedEntry"/>.</summary>
    int Version { get; }

    /// <summary>
    /// Refuses a command whose party has its share of the remembered request ids. Asked of a leader before it appends; changes nothing.
    /// </summary>
    internal Reply? RejectShare(in EnvelopeView command, ReadOnlySpan<byte> scope, LogTime now, int pendingOfScope, int pending);

    /// <summary>Says whose a request id is, by the application's code; nothing when it is nobody's.</summary>
    internal ReadOnlyMemory<byte> ScopeOf(ReadOnlyMemory<byte> requestId);

    /// <summary>
    /// Says whether an encoded <see cref="CommandEnvelope"/> may be proposed, and whose its request id is. Changes and throws nothing.
    /// </summary>
    internal CommandCheck Check(ReadOnlyMemory<byte> envelope);

    /// <summary>
    /// Says why an encoded <see cref="CommandEnvelope"/> cannot be applied, whatever the state; null when it can be decoded. Changes nothing.
    /// </summary>
    string? Reject(ReadOnlyMemory<byte> envelope);

    /// <summary>Applies committed entries, in order; commands that were applied before are answered and not applied again.</summary>
    /// <param name="entries">Entries of any kind, contiguous after <see cref="AppliedEntry"/>.</param>
    /// <param name="replies">Receives the answer to each.</param>
    /// <exception cref="MachineException">The state machine threw, or gave a result that cannot be encoded: its state is lost.</exception>
    /// <exception cref="UnreadableEntryException">A command cannot be read by this program: its state is lost.</exception>
    void Apply(IReadOnlyList<Entry> entries, Span<Reply> replies);

    /// <summary>
    /// Passes over the next entry, which was skipped: its command is never applied, and whoever repeats it under its id is told so.
    /// </summary>
    /// <param name="entry">The entry after <see cref="AppliedEntry"/>, which the state holds from now on.</param>
    /// <returns>The answer to the command.</returns>
    Reply Skip(in Entry entry);

    /// <summary>Answers a query from the state as it is, and changes nothing. A query that throws is rejected.</summary>
    Reply Query(in QueryEnvelope query);

    /// <summary>
    /// A view of everything: state, sessions, <see cref="AppliedEntry"/> and its time. Equal states write equal bytes. Whoever takes it disposes it,
    /// and may write it on another thread, while entries are applied, and after the host was disposed.
    /// </summary>
    /// <param name="captureBytesMax">How much a state machine that has no views may capture, in bytes.</param>
    /// <exception cref="MachineException">The state machine threw, or captured too much.</exception>
    IStateView TakeView(long captureBytesMax);

    /// <summary>
    /// Everything in memory, written by the machine's <see cref="IStateMachine{TCommand,TResult}.Capture"/>. Equal states give equal bytes.
    /// </summary>
    /// <exception cref="MachineException">The state machine threw.</exception>
    ReadOnlyMemory<byte> Capture();

    /// <summary>Begins a digest of everything, as it is now: equal states give equal digests, whatever their history.</summary>
    /// <returns>What is left to do, while the state machine goes on.</returns>
    /// <remarks>The SHA-256 of what a view writes, unless a state machine can tell a digest for less.</remarks>
    /// <exception cref="MachineException">The state machine threw.</exception>
    PendingDigest BeginDigest();

    /// <summary>Replaces everything by what <see cref="Capture"/> gave; by the initial state when <paramref name="state"/> is empty.</summary>
    /// <exception cref="CorruptDataException">The bytes are damaged, or of a version that this program does not read.</exception>
    /// <exception cref="MachineException">The state machine threw.</exception>
    void Restore(ReadOnlyMemory<byte> state);

    /// <summary>Replaces everything by what a view wrote; by the initial state when there is nothing to read.</summary>
    /// <param name="state">Read forward; what the state machine leaves is left.</param>
    /// <exception cref="CorruptDataException">The bytes are damaged, or of a version that this program does not read.</exception>
    /// <exception cref="MachineException">The state machine threw, or a read did.</exception>
    void Restore(Stream state);
}
