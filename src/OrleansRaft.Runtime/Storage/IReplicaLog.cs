using OrleansRaft.Core;
using OrleansRaft.Runtime.Lives;

namespace OrleansRaft.Runtime.Storage;

/// <summary>
/// One replica's log, snapshots and right to speak, held under one epoch. Calls never block; what becomes of them is told to
/// <see cref="IReplicaLogEvents"/>.
/// </summary>
public interface IReplicaLog : IAsyncDisposable
{
    /// <summary>The epoch under which this activation writes. It may grow when an outcome had to be found out.</summary>
    long Epoch { get; }

    /// <summary>What was read back at <see cref="ILogStore.OpenAsync"/>.</summary>
    RecoveredState Recovered { get; }

    /// <summary>The bytes of the snapshot that was read back, none for the empty state; to be read once, and disposed.</summary>
    SnapshotStream RecoveredSnapshot { get; }

    /// <summary>
    /// Whether this activation may vote, confirm reads and count for a quorum at this moment: its predecessor's right has ended, and this silo's
    /// lease is valid by its own monotonic clock. While false, its driver hands Core nothing but completions of writes. May be false for a while and
    /// then true again.
    /// </summary>
    bool MaySpeak { get; }

    /// <summary>
    /// Completes when <see cref="MaySpeak"/> is true for the first time: at once after a clean release, else when the predecessor's lease has run
    /// out.
    /// </summary>
    /// <exception cref="StoreRefusedException">The activation was fenced meanwhile.</exception>
    Task WaitUntilMaySpeakAsync(CancellationToken cancellation);

    /// <summary>Makes a write durable, after those handed over before. Told by <see cref="IReplicaLogEvents.OnWritten"/>.</summary>
    void Write(LogWrite write);

    /// <summary>
    /// Puts a received chunk aside. Several may be handed over before the first is told of: they are put aside one after the other, and each is told
    /// of by <see cref="IReplicaLogEvents.OnChunkStaged"/>, in their order; one that does not continue what is there is left out, and told of as
    /// well.
    /// </summary>
    void StageChunk(StageSnapshotChunk chunk);

    /// <summary>
    /// Reads a chunk of the newest snapshot. Several may be asked for at once: each is told of by <see cref="IReplicaLogEvents.OnChunkRead"/>, in the
    /// order in which they were asked for.
    /// </summary>
    void ReadChunk(ReadSnapshotChunk request);

    /// <summary>
    /// Writes a snapshot of this replica's own state, in chunks and away from the caller's thread, and makes it the newest when all of it is durable.
    /// Told by <see cref="IReplicaLogEvents.OnSnapshotSaved"/>, or by <see cref="IReplicaLogEvents.OnSnapshotFailed"/>. One at a time.
    /// </summary>
    /// <param name="snapshot">
    /// Which; <see cref="SnapshotDescriptor.SizeBytes"/> is about how large it should be, such as the size of the one before. What is saved has the
    /// size and the checksum of what is written.
    /// </param>
    /// <param name="state">The state; the log disposes it, whatever comes of it.</param>
    void SaveSnapshot(SnapshotDescriptor snapshot, IStateView state);

    /// <summary>Opens the newest snapshot, which was installed or saved. Told by <see cref="IReplicaLogEvents.OnSnapshotLoaded"/>.</summary>
    void LoadSnapshot(SnapshotDescriptor snapshot);

    /// <summary>Whether marks outlive the process. False for stores that do not: nothing is marked there.</summary>
    bool KeepsMarks => false;

    /// <summary>What was marked last, when the log was opened; null for nothing.</summary>
    ApplyMark? Mark => null;

    /// <summary>Remembers what the user's code is about to do, beside the log and without regard to its writes.</summary>
    /// <param name="mark">What; null for nothing.</param>
    /// <param name="done">
    /// Called once, on any thread: with true when that is durable, never inside this call; with false when it will not be, since the log was taken
    /// over, was closed or failed before. A server that is away is waited for until the log is closed.
    /// </param>
    void WriteMark(ApplyMark? mark, Action<bool> done) => throw new NotSupportedException($"{GetType().Name} keeps no marks.");

    /// <summary>Gives the right to speak back after the replica has stopped, so that a successor need not wait. Only the speaker may.</summary>
    Task ReleaseAsync(CancellationToken cancellation);
}
