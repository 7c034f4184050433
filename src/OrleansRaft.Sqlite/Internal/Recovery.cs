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

    /// <summary>What the replica was about to do; known once everything has been read.</summary>
    public ApplyMark? Mark { get; private set; }

    /// <summary>Reads everything.</summary>
    /// <exception cref="Core.Codec.CorruptDataException">Something is torn or damaged; the message names the place.</exception>
    public async Task<(RecoveredState State, ReadOnlyMemory<byte> Snapshot)> RunAsync(CancellationToken cancellation)
    {
        var isComplete = await loop.SubmitAsync(Begin).WaitAsync(cancellation);
        while (!isComplete)
        {
            isComplete = await loop.SubmitAsync(ReadMore, PieceBytes).WaitAsync(cancellation);
        }

        var entries = StoredLog.Assemble(hold.Key, row.Start, row.Last, blocks);
        var recovered = new RecoveredState(row.HardState, snapshot, row.Start, entries) { JoinedAfter = row.Initial.Version };
        StoredLog.RequireConsistent(hold.Key, recovered);
        return (recovered, state);
    }

    private bool Begin(Database database)
    {
        (read, stateLength) = (-1, 0);
        blocks.Clear();
        row = ReplicaRow.Read(database, hold);
        Mark = LifeTable.ReadMark(database, hold);
        snapshot = row.SnapshotId is { } id ? SnapshotTable.Describe(database, hold.Key, id) : SnapshotDescriptor.Initial(row.Initial);
        state = row.SnapshotId is null ? [] : new byte[checked((int)snapshot.SizeBytes)];
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
            stateLength = SnapshotTable.ReadPart(database, hold.Key, row.SnapshotId!.Value, snapshot, state, stateLength);
        }

        return IsComplete;
    }
}
