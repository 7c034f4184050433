using OrleansRaft.Runtime.Lives;

namespace OrleansRaft.Storage.TestKit;

public abstract partial class LogStoreContract
{
    private static readonly SiloLives Unclean = new(false, new DateTimeOffset(2030, 6, 1, 12, 0, 0, TimeSpan.Zero));

    [Fact]
    public async Task How_the_lives_of_a_silo_ended_is_remembered_by_its_name()
    {
        var first = await Store.ReadLivesAsync("silo-1", Cancellation);
        await Store.WriteLivesAsync("silo-1", new SiloLives(false, null), Cancellation);
        await Store.WriteLivesAsync("silo-1", Unclean, Cancellation);
        await Store.WriteLivesAsync("silo-2", Unclean.End(), Cancellation);
        await RestartAsync();

        first.ShouldBeNull();
        (await Store.ReadLivesAsync("silo-1", Cancellation)).ShouldBe(IsOnDisk ? Unclean : null);
        (await Store.ReadLivesAsync("silo-2", Cancellation)).ShouldBe(IsOnDisk ? Unclean.End() : null);
    }

    [Fact]
    public async Task What_a_replica_was_about_to_do_outlives_the_process_and_is_its_own()
    {
        var mark = new ApplyMark { Life = 5, First = new LogIndex(3), Last = new LogIndex(9), Condemned = new LogIndex(12), Program = 7 };
        var replica = await OpenAsync();
        replica.Log.KeepsMarks.ShouldBe(IsOnDisk);
        if (!IsOnDisk)
        {
            return;
        }

        replica.Log.Mark.ShouldBeNull();
        await MarkAsync(replica, mark with { Last = new LogIndex(4) });
        await MarkAsync(replica, mark);
        await replica.AppendAsync(1, "a");
        var reopened = await ReopenAsync();

        reopened.Log.Mark.ShouldBe(mark);
        reopened.Bodies.ShouldBe(["a"]);
        (await OpenAsync(new ReplicaKey("counters-1", new ReplicaId(1)))).Log.Mark.ShouldBeNull();
        await MarkAsync(reopened, null);
        (await ReopenAsync()).Log.Mark.ShouldBeNull();
    }

    [Fact]
    public async Task A_replica_that_was_released_has_said_what_it_said_last()
    {
        if (!IsOnDisk)
        {
            return;
        }

        var replica = await OpenAsync();
        await MarkAsync(replica, new ApplyMark { Life = 5, Restoring = LogIndex.Zero });

        replica.Log.WriteMark(null, static _ => { });
        await replica.Log.ReleaseAsync(Cancellation);
        await replica.DisposeAsync();

        (await OpenAsync()).Log.Mark.ShouldBeNull();
    }

    [Fact]
    public async Task A_fenced_activation_marks_nothing()
    {
        if (!IsOnDisk)
        {
            return;
        }

        var mark = new ApplyMark { Life = 6, First = new LogIndex(1), Last = new LogIndex(1) };
        var zombie = await OpenAsync();
        var successor = await OpenAsync();
        await MarkAsync(successor, mark);

        await TryMarkAsync(zombie, null);
        (await TryMarkAsync(zombie, mark with { Life = 7 })).ShouldBeFalse("its machine must not run: nothing knows of it");
        await zombie.Log.ReleaseAsync(Cancellation);
        await zombie.DisposeAsync();

        (await OpenAsync()).Log.Mark.ShouldBe(mark);
    }

    private static async Task MarkAsync(OpenReplica replica, ApplyMark? mark) => (await TryMarkAsync(replica, mark)).ShouldBeTrue();

    private static async Task<bool> TryMarkAsync(OpenReplica replica, ApplyMark? mark)
    {
        var told = new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously);
        replica.Log.WriteMark(mark, told.SetResult);
        return await told.Task.WaitAsync(TimeSpan.FromMinutes(2), Cancellation);
    }
}
