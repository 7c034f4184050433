using System.Buffers;
using System.Diagnostics;
using System.Globalization;
using OrleansRaft.Core;
using OrleansRaft.Core.Codec;
using OrleansRaft.Runtime.StateMachines;

namespace OrleansRaft.Storage.TestKit;

public abstract partial class LogStoreContract
{
    private static readonly byte[] State = [.. Enumerable.Range(0, 700_000).Select(i => (byte)(i * 31))];

    [Fact]
    public async Task A_saved_snapshot_is_read_back_whole_and_in_chunks()
    {
        var replica = await OpenAsync();
        await replica.AppendAsync(3, "a", "b", "c");

        var saved = await replica.SaveSnapshotAsync(3, 2, State);
        var chunks = await ReadChunksAsync(replica, saved, 100_000);
        var reopened = await ReopenAsync();

        chunks.ShouldBe(State);
        reopened.Recovered.Snapshot.ShouldBe(saved);
        reopened.Log.RecoveredSnapshot.ReadAll().ShouldBe(State);
        reopened.Bodies.ShouldBe(["a", "b", "c"]);
    }

    [Fact]
    public async Task A_snapshot_of_nothing_can_be_saved_and_read()
    {
        var replica = await OpenAsync();
        await replica.AppendAsync(1, "a");

        var saved = await replica.SaveSnapshotAsync(1, 1, []);
        replica.Log.ReadChunk(new ReadSnapshotChunk(new ReplicaId(2), saved.LastIncluded, 0, 1000));
        var read = await replica.Events.ChunkReadAsync(1);

        read.Data.ShouldBe([]);
        read.IsLast.ShouldBeTrue();
        (await ReopenAsync()).Recovered.Snapshot.ShouldBe(saved);
    }

    [Fact]
    public async Task A_chunk_of_a_replaced_snapshot_is_not_there()
    {
        var replica = await OpenAsync();
        await replica.AppendAsync(1, "a", "b");
        var old = await replica.SaveSnapshotAsync(1, 1, [1]);

        await replica.SaveSnapshotAsync(1, 2, [2]);
        replica.Log.ReadChunk(new ReadSnapshotChunk(new ReplicaId(2), old.LastIncluded, 0, 1000));
        var read = await replica.Events.ChunkReadAsync(1);

        read.Data.ShouldBeNull();
    }

    [Fact]
    public async Task Rule_21_an_installed_snapshot_replaces_the_whole_log_at_once()
    {
        var replica = await OpenAsync();
        await replica.AppendAsync(1, "a", "b", "c");
        var snapshot = replica.Describe(4, 10, State);
        await StageAsync(replica, snapshot, State, 256 * 1024);

        replica.HardState = new HardState(new Term(5), null, new LogIndex(10));
        await replica.WriteAsync(OpenReplica.Block(Id(4, 10), 5, "k"), install: snapshot);
        replica.Log.LoadSnapshot(snapshot);
        var loaded = await replica.Events.LoadedAsync();
        await replica.AppendAsync(5, "l");
        var reopened = await ReopenAsync();

        loaded.State.ShouldBe(State);
        reopened.Recovered.Snapshot.ShouldBe(snapshot);
        reopened.Log.RecoveredSnapshot.ReadAll().ShouldBe(State);
        reopened.Recovered.LogStart.ShouldBe(Id(4, 10));
        reopened.Bodies.ShouldBe(["k", "l"]);
        reopened.HardState.CurrentTerm.ShouldBe(new Term(5));
    }

    [Fact]
    public async Task A_staged_snapshot_changes_nothing_before_it_is_installed()
    {
        var replica = await OpenAsync();
        await replica.AppendAsync(1, "a", "b");
        var snapshot = replica.Describe(4, 10, State);

        await StageAsync(replica, snapshot, State, 256 * 1024);
        var reopened = await ReopenAsync();

        reopened.Bodies.ShouldBe(["a", "b"]);
        reopened.Recovered.Snapshot.LastIncluded.ShouldBe(EntryId.Zero);
    }

    [Fact]
    public async Task Staging_takes_repeated_chunks_and_says_where_to_resume_after_a_lost_one()
    {
        var replica = await OpenAsync();
        var snapshot = replica.Describe(2, 7, State);
        SendChunk(replica, snapshot, State, 0, 1000);
        await replica.Events.LastStagedAsync(1);

        SendChunk(replica, snapshot, State, 5000, 1000);
        var afterGap = await replica.Events.LastStagedAsync(2);
        SendChunk(replica, snapshot, State, 0, 1000);
        var afterRepetition = await replica.Events.LastStagedAsync(3);
        SendChunk(replica, snapshot, State, 500, 2500);
        var afterOverlap = await replica.Events.LastStagedAsync(4);
        SendChunk(replica, snapshot, State, 3000, State.Length - 3000);
        await replica.Events.StagedAsync(State.Length);
        await replica.WriteAsync(install: snapshot);

        afterGap.NextOffset.ShouldBe(1000);
        afterRepetition.NextOffset.ShouldBe(1000);
        afterOverlap.NextOffset.ShouldBe(3000);
        (await ReopenAsync()).Log.RecoveredSnapshot.ReadAll().ShouldBe(State);
    }

    [Fact]
    public async Task Chunks_that_are_handed_over_together_are_told_of_in_their_order()
    {
        const int ChunkBytes = 64 * 1024;
        var replica = await OpenAsync();
        await replica.AppendAsync(1, "a");
        var saved = await replica.SaveSnapshotAsync(1, 1, State);
        int[] offsets = [0, ChunkBytes, 2 * ChunkBytes, 3 * ChunkBytes];

        Array.ForEach(
            offsets, offset => replica.Log.ReadChunk(new ReadSnapshotChunk(new ReplicaId(2), saved.LastIncluded, offset, ChunkBytes)));
        await replica.Events.ChunkReadAsync(offsets.Length);
        var next = replica.Describe(2, 7, State);
        Array.ForEach(offsets, offset => SendChunk(replica, next, State, offset, ChunkBytes));
        SendChunk(replica, next, State, 5 * ChunkBytes, ChunkBytes);
        await replica.Events.LastStagedAsync(offsets.Length + 1);

        for (var chunk = 0; chunk < offsets.Length; chunk++)
        {
            (await replica.Events.ChunkReadAsync(chunk + 1)).Data.ShouldBe(State[offsets[chunk]..(offsets[chunk] + ChunkBytes)]);
            (await replica.Events.LastStagedAsync(chunk + 1)).NextOffset.ShouldBe(offsets[chunk] + ChunkBytes);
        }

        (await replica.Events.LastStagedAsync(offsets.Length + 1)).NextOffset.ShouldBe(offsets.Length * ChunkBytes, "there is a gap");
    }

    [Fact]
    public async Task Another_snapshot_takes_the_place_of_the_one_being_staged()
    {
        var replica = await OpenAsync();
        byte[] newer = [7, 7, 7];
        SendChunk(replica, replica.Describe(2, 7, State), State, 0, 1000);
        await replica.Events.LastStagedAsync(1);

        var snapshot = replica.Describe(2, 9, newer);
        await StageAsync(replica, snapshot, newer, 2);
        await replica.WriteAsync(install: snapshot);

        (await ReopenAsync()).Log.RecoveredSnapshot.ReadAll().ShouldBe(newer);
    }

    /// <summary>
    /// One group's big state must not be another group's pause: all of its acknowledgements come before the snapshot is whole, whatever the disk's
    /// speed.
    /// </summary>
    [Fact]
    public async Task A_big_snapshot_of_one_replica_holds_up_no_other()
    {
        const int Writes = 10;
        var (big, other) = (await OpenAsync(), await OpenAsync(new ReplicaKey("counters-1", new ReplicaId(1))));
        var state = new byte[32 * 1024 * 1024];
        await big.AppendAsync(1, "a");
        var snapshot = big.Describe(1, 1, state);

        big.Log.SaveSnapshot(snapshot, new CapturedState(state));
        for (var i = 1; i < Writes; i++)
        {
            other.SendAppend(1, "x");
        }

        await other.AppendAsync(1, "x");
        await big.Events.SavedAsync(snapshot.LastIncluded);

        if (IsOnDisk)
        {
            other.Events.OrderOfLast<PersistTicket>().ShouldBeLessThan(big.Events.OrderOfLast<Saved>());
        }
    }

    /// <summary>Two leaders may capture the same entries in other bytes of the same length: only the checksum tells them apart.</summary>
    [Fact]
    public async Task Rule_48_another_capture_of_the_same_entries_does_not_go_on_with_the_one_being_staged()
    {
        var replica = await OpenAsync();
        byte[] other = [.. State.Reverse()];
        var first = replica.Describe(2, 7, State) with { Checksum = Crc32C.Compute(State) };
        var second = first with { Checksum = Crc32C.Compute(other) };
        SendChunk(replica, first, State, 0, 1000);
        await replica.Events.LastStagedAsync(1);

        SendChunk(replica, second, other, 1000, 1000);
        var afterAnother = await replica.Events.LastStagedAsync(2);
        await StageAsync(replica, second, other, 256 * 1024);
        await replica.WriteAsync(install: second);
        var reopened = await ReopenAsync();

        afterAnother.NextOffset.ShouldBe(0);
        reopened.Recovered.Snapshot.ShouldBe(second);
        reopened.Log.RecoveredSnapshot.ReadAll().ShouldBe(other);
    }

    [Fact]
    public async Task A_damaged_snapshot_is_refused_with_its_place()
    {
        var replica = await OpenAsync();
        await replica.AppendAsync(1, "a", "b");
        await replica.SaveSnapshotAsync(1, 2, State);
        await RestartAsync(() => DamageSnapshotAsync(Key));

        var refused = await Should.ThrowAsync<CorruptDataException>(() => OpenAsync());

        refused.Message.ShouldContain(Key.ToString());
        refused.Message.ShouldContain("index 2");
    }

    /// <summary>
    /// A large state is made as it is written and checked as it is read, so that nobody holds it: 64 MiB, or what <c>ORAFT_SNAPSHOT_BYTES</c> says.
    /// </summary>
    [Fact]
    public async Task A_large_snapshot_is_written_from_a_view_and_read_back_as_a_stream()
    {
        var size = Math.Min(LargeBytes(), LargeBytesMax);
        var replica = await OpenAsync();
        await replica.AppendAsync(1, "a", "b");

        replica.Log.SaveSnapshot(replica.Describe(1, 2, []) with { SizeBytes = size }, GeneratedState.View(size));
        await replica.AppendAsync(1, "meanwhile");
        var saved = (await replica.Events.SavedAsync(Id(1, 2), patient: true)).Snapshot;
        saved.SizeBytes.ShouldBe(size);
        replica.Log.LoadSnapshot(saved);
        GeneratedState.Check((await replica.Events.LoadedAsync()).Stream).ShouldBe(size);
        var reopened = await ReopenAsync();

        reopened.Recovered.Snapshot.ShouldBe(saved);
        reopened.Bodies.ShouldBe(["a", "b", "meanwhile"]);
        GeneratedState.Check(reopened.Log.RecoveredSnapshot).ShouldBe(size);
        RequireLittleMemory(size);
    }

    /// <summary>A transfer, from one store to another: every chunk passes through memory, and no two of them stay.</summary>
    [Fact]
    public async Task A_large_snapshot_passes_from_one_replica_to_another_in_chunks()
    {
        const int ChunkBytes = 1024 * 1024;
        var size = Math.Min(LargeBytes(), LargeBytesMax);
        var (from, to) = (await OpenAsync(), await OpenAsync(new ReplicaKey("counters-1", new ReplicaId(1))));
        await from.AppendAsync(1, "a");
        from.Log.SaveSnapshot(from.Describe(1, 1, []) with { SizeBytes = size }, GeneratedState.View(size));
        var saved = (await from.Events.SavedAsync(Id(1, 1), patient: true)).Snapshot;
        from.Events.Forget();

        for (var (offset, count) = (0L, 1); offset < size; count++)
        {
            from.Log.ReadChunk(new ReadSnapshotChunk(new ReplicaId(2), saved.LastIncluded, offset, ChunkBytes));
            var read = await from.Events.ChunkReadAsync(1);
            from.Events.Forget();
            to.Log.StageChunk(new StageSnapshotChunk(saved, offset, read.Data, read.IsLast));
            offset += read.Data!.Length;
            (await to.Events.StagedAsync(offset)).LastIncluded.ShouldBe(saved.LastIncluded);
            to.Events.Forget();
            read.IsLast.ShouldBe(offset == size);
        }

        await to.WriteAsync(install: saved);
        to.Log.LoadSnapshot(saved);

        GeneratedState.Check((await to.Events.LoadedAsync()).Stream).ShouldBe(size);
        RequireLittleMemory(size);
    }

    [Fact]
    public async Task A_view_that_throws_leaves_the_snapshot_before_and_nothing_else()
    {
        var replica = await OpenAsync();
        await replica.AppendAsync(1, "a", "b", "c");
        await replica.SaveSnapshotAsync(1, 1, [1]);
        foreach (var expected in new[] { 0L, 1L << 40 })
        {
            var view = new ActionView(output =>
            {
                output.Write(State);
                throw new FormatException("ten digits");
            });

            replica.Log.SaveSnapshot(replica.Describe(1, 2, []) with { SizeBytes = expected }, view);
            var failed = await replica.Events.SnapshotFailedAsync();

            failed.LastIncluded.ShouldBe(Id(1, 2));
            failed.Cause.Message.ShouldContain("ten digits");
            view.Disposals.ShouldBe(1);
            replica.Events.Forget();
        }

        await replica.AppendAsync(1, "d");
        (await replica.SaveSnapshotAsync(1, 3, [3])).LastIncluded.ShouldBe(Id(1, 3));
        var reopened = await ReopenAsync();
        reopened.Log.RecoveredSnapshot.ReadAll().ShouldBe([3]);
        reopened.Bodies.ShouldBe(["a", "b", "c", "d"]);
    }

    /// <summary>A leader goes on sending the snapshot before, and a follower goes on receiving, while each writes one of its own.</summary>
    [Fact]
    public async Task Chunks_are_read_and_staged_while_a_snapshot_is_written()
    {
        var replica = await OpenAsync();
        await replica.AppendAsync(1, "a", "b");
        var before = await replica.SaveSnapshotAsync(1, 1, State);
        var go = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var begun = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var view = new ActionView(output =>
        {
            output.Write(State);
            begun.SetResult();
            go.Task.GetAwaiter().GetResult();
            output.Write(State);
        });
        replica.Log.SaveSnapshot(replica.Describe(1, 2, []) with { SizeBytes = 1L << 40 }, view);
        await begun.Task.WaitAsync(Cancellation);

        (await ReadChunksAsync(replica, before, 100_000)).ShouldBe(State);
        await StageAsync(replica, replica.Describe(4, 10, State), State, 256 * 1024);
        go.SetResult();
        var saved = (await replica.Events.SavedAsync(Id(1, 2))).Snapshot;

        saved.SizeBytes.ShouldBe(2 * State.Length);
        await replica.WriteAsync(install: replica.Describe(4, 10, State));
        (await ReopenAsync()).Log.RecoveredSnapshot.ReadAll().ShouldBe(State);
    }

    [Fact]
    public async Task A_snapshot_that_is_written_while_a_newer_one_is_installed_is_given_up()
    {
        var replica = await OpenAsync();
        await replica.AppendAsync(1, "a", "b");
        var installed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var begun = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var view = new ActionView(output =>
        {
            output.Write(State);
            begun.SetResult();
            installed.Task.GetAwaiter().GetResult();
            for (var i = 0; i < 1_000; i++)
            {
                output.Write(State);
            }
        });
        replica.Log.SaveSnapshot(replica.Describe(1, 2, []) with { SizeBytes = 1L << 40 }, view);
        await begun.Task.WaitAsync(Cancellation);
        var newer = replica.Describe(4, 10, State);
        await StageAsync(replica, newer, State, 256 * 1024);
        await replica.WriteAsync(install: newer);

        installed.SetResult();
        await replica.Events.SavedAsync(Id(1, 2));

        view.Disposals.ShouldBe(1);
        var reopened = await ReopenAsync();
        reopened.Recovered.Snapshot.ShouldBe(newer);
        reopened.Log.RecoveredSnapshot.ReadAll().ShouldBe(State);
    }

    /// <summary>What a state machine is being restored from is not deleted beneath it.</summary>
    [Fact]
    public async Task A_snapshot_is_read_to_its_end_although_a_newer_one_takes_its_place()
    {
        const int Size = 3 * 1024 * 1024;
        var replica = await OpenAsync();
        await replica.AppendAsync(1, "a", "b", "c");
        replica.Log.SaveSnapshot(replica.Describe(1, 1, []), GeneratedState.View(Size));
        var saved = (await replica.Events.SavedAsync(Id(1, 1))).Snapshot;
        replica.Log.LoadSnapshot(saved);
        var stream = (await replica.Events.LoadedAsync()).Stream;
        stream.Memory.ShouldBeNull("it is large");
        var first = new byte[10];
        stream.ReadExactly(first);

        await replica.SaveSnapshotAsync(1, 2, [2]);
        await replica.SaveSnapshotAsync(1, 3, [3]);
        var rest = new byte[Size - first.Length];
        stream.ReadExactly(rest);
        await stream.DisposeAsync();

        var right = new byte[Size];
        GeneratedState.Fill(right, 0);
        first.Concat(rest).ShouldBe(right);
        (await ReopenAsync()).Log.RecoveredSnapshot.ReadAll().ShouldBe([3]);
    }

    [Fact]
    public async Task A_large_snapshot_that_is_damaged_is_refused_with_its_place_when_it_is_read()
    {
        var size = 3L * 1024 * 1024;
        var replica = await OpenAsync();
        await replica.AppendAsync(1, "a", "b");
        replica.Log.SaveSnapshot(replica.Describe(1, 2, []), GeneratedState.View(size));
        await replica.Events.SavedAsync(Id(1, 2));
        await RestartAsync(() => DamageSnapshotAsync(Key));

        var opened = await OpenAsync();
        var refused = Should.Throw<CorruptDataException>(() => opened.Log.RecoveredSnapshot.ReadAll());

        refused.Message.ShouldContain(Key.ToString());
        refused.Message.ShouldContain("index 2");
    }

    /// <summary>
    /// How large a snapshot the store is given: one in memory holds all of it, and both ends of a transfer do, so it gets just more than an array
    /// holds.
    /// </summary>
    private long LargeBytesMax => IsOnDisk ? long.MaxValue : Array.MaxLength + (64L * 1024 * 1024);

    private static long LargeBytes() =>
        long.TryParse(Environment.GetEnvironmentVariable("ORAFT_SNAPSHOT_BYTES"), CultureInfo.InvariantCulture, out var size)
            ? size
            : 64 * 1024 * 1024;

    /// <summary>
    /// Only of a run of these tests alone, with a state that stands out: others of the process take memory, too, and a store in memory takes the
    /// state's.
    /// </summary>
    private void RequireLittleMemory(long size)
    {
        if (IsOnDisk && size >= 1L << 30)
        {
            Process.GetCurrentProcess().PeakWorkingSet64.ShouldBeLessThan(size / 2);
        }
    }

    private static void SendChunk(OpenReplica replica, SnapshotDescriptor snapshot, byte[] state, int offset, int length) =>
        replica.Log.StageChunk(new StageSnapshotChunk(snapshot, offset, state.AsMemory(offset, length), offset + length == state.Length));

    private static async Task StageAsync(OpenReplica replica, SnapshotDescriptor snapshot, byte[] state, int chunkBytes)
    {
        for (var offset = 0; offset < state.Length; offset += chunkBytes)
        {
            var length = Math.Min(chunkBytes, state.Length - offset);
            SendChunk(replica, snapshot, state, offset, length);
            await replica.Events.StagedAsync(offset + length);
        }
    }

    private static async Task<byte[]> ReadChunksAsync(OpenReplica replica, SnapshotDescriptor snapshot, int chunkBytes)
    {
        var read = new List<byte>();
        for (var count = 1; ; count++)
        {
            replica.Log.ReadChunk(new ReadSnapshotChunk(new ReplicaId(2), snapshot.LastIncluded, read.Count, chunkBytes));
            var chunk = await replica.Events.ChunkReadAsync(count);
            chunk.Data!.Length.ShouldBeInRange(1, chunkBytes);
            read.AddRange(chunk.Data);
            if (chunk.IsLast)
            {
                return [.. read];
            }
        }
    }
}
