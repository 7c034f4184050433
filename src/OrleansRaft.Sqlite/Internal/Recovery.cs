using OrleansRaft.Core;
using OrleansRaft.Runtime.Lives;
using OrleansRaft.Runtime.Storage;

namespace OrleansRaft.Sqlite.Internal;

/// <summary>Reads a replica back, checked, in pieces: a big log or snapshot holds up nobody else's writes.</summary>
/// <param name="loop">Runs the pieces.</param>
/// <param name="hold">Whose; nobody else changes it meanwhile, or the last piece says so.</param>
internal sealed class Recovery(CommitLoop loop, Hold hold)
{
    private const int PieceBytes = 1024 * 1024;

    private readonly List<StoredBlock> blocks = [];
    private ReplicaRowValues row = null!;
    private SnapshotDescriptor snapshot = null!;
    private byte[] state = [];
    private int stateLength;
    private long? read = -1;

    private bool IsComplete => read is null && stateLength == state.Length;

    /// <summary>What was read; known when everything has been.</summary>
    public RecoveredState State { get; private set; } = null!;

    /// <summary>The newest snapshot, where it is large: it is read later.</summary>
    public long? Large { get; private set; }

    /// <summary>The newest snapshot, where it is small.</summary>
    public ReadOnlyMemory<byte> Small => state;

    /// <summary>What the replica was about to do; known once everything has been read.</summary>
    public ApplyMark? Mark { get; private set; }

    /// <summary>Reads everything.</summary>
    /// <exception cref="CorruptDataException">Something is torn or damaged; the message names the place.</exception>
    public async Task RunAsync(CancellationToken cancellation)
    {
        var isComplete = await loop.SubmitAsync(Begin).WaitAsync(cancellation);
        while (!isComplete)
        {
            isComplete = await loop.SubmitAsync(ReadMore, PieceBytes).WaitAsync(cancellation);
        }

        var entries = StoredLog.Assemble(hold.Key, row.Start, row.Last, blocks);
        State = new RecoveredState(row.HardState, snapshot, row.Start, entries) { JoinedAfter = row.Initial.Version };
        StoredLog.RequireConsistent(hold.Key, State);
    }

    private bool Begin(Database database)
    {
        (read, stateLength) = (-1, 0);
        blocks.Clear();
        row = ReplicaRow.Read(database, hold);
        Mark = LifeTable.ReadMark(database, hold);
        snapshot = row.SnapshotId is { } id ? SnapshotTable.Describe(database, hold.Key, id) : SnapshotDescriptor.Initial(row.Initial);
        Large = snapshot.SizeBytes > SnapshotStream.MemoryBytesMax ? row.SnapshotId : null;
        state = row.SnapshotId is null || Large is not null ? [] : new byte[snapshot.SizeBytes];
        return ReadMore(database);
    }

    private bool ReadMore(Database database)
    {
        ReplicaRow.RequireHeld(database, hold);
        if (read is { } after)
        {
            read = LogTable.Read(database, hold.Id, row.Start.Index, blocks, after, PieceBytes);
        }
        else if (stateLength < state.Length)
        {
            var part = SnapshotTable.ReadFrom(database, hold.Key, row.SnapshotId!.Value, snapshot, stateLength);
            part = part[..Math.Min(part.Length, state.Length - stateLength)];
            part.CopyTo(state.AsMemory(stateLength));
            stateLength += part.Length;
        }

        return IsComplete;
    }
}
