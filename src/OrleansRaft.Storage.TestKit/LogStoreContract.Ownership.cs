using OrleansRaft.Core;
using OrleansRaft.Runtime.StateMachines;
using OrleansRaft.Runtime.Storage;

namespace OrleansRaft.Storage.TestKit;

public abstract partial class LogStoreContract
{
    [Fact]
    public async Task Rule_20_a_replica_without_a_row_is_refused()
    {
        var refused = await Should.ThrowAsync<StoreRefusedException>(() => OpenAsync(new ReplicaKey("counters-0", new ReplicaId(4))));

        refused.Message.ShouldContain("counters-0/4");
    }

    [Fact]
    public async Task A_joining_replica_gets_a_row_and_its_number_is_not_used_again()
    {
        var key = new ReplicaKey("counters-0", new ReplicaId(4));

        await Store.CreateReplicaAsync(key, Configuration.OfVoters(3), Cancellation);
        await Store.CreateReplicaAsync(key, Configuration.OfVoters(5), Cancellation);
        var replica = await OpenAsync(key);
        await replica.AppendAsync(1, "a");
        var refused = await Should.ThrowAsync<StoreRefusedException>(() => Store.CreateReplicaAsync(key, Configuration.OfVoters(3), Cancellation));

        replica.Recovered.Snapshot.Configuration.ShouldBe(Configuration.OfVoters(5));
        refused.Message.ShouldContain("counters-0/4");
    }

    /// <summary>Nothing is left of a member that was removed, nobody opens it again by mistake, and whoever still held it writes no more.</summary>
    [Fact]
    public async Task What_a_removed_replica_stored_is_deleted_with_its_row()
    {
        var (key, neighbour) = (new ReplicaKey("counters-0", new ReplicaId(2)), await OpenAsync());
        await neighbour.AppendAsync(1, "kept");
        var holder = await OpenAsync(key);
        for (var number = 0; number < 70; number++)
        {
            await holder.AppendAsync(1, $"entry {number}");
        }

        await holder.SaveSnapshotAsync(1, 3, new byte[300_000]);

        (await Store.DeleteReplicaAsync(key, Cancellation)).ShouldBeTrue();
        holder.SendAppend(1, "late");
        (await holder.Events.StoppedAsync()).Reason.ShouldBe(LogStopReason.Fenced);
        (await Store.DeleteReplicaAsync(key, Cancellation)).ShouldBeFalse();
        (await Should.ThrowAsync<StoreRefusedException>(() => OpenAsync(key))).Message.ShouldContain("counters-0/2");
        await neighbour.AppendAsync(1, "on");
        await RestartAsync();
        await Should.ThrowAsync<StoreRefusedException>(() => OpenAsync(key));
        (await OpenAsync()).Bodies.ShouldBe(["kept", "on"]);

        await Store.CreateReplicaAsync(key, Configuration.OfVoters(5), Cancellation);
        var again = await OpenAsync(key);
        again.Bodies.ShouldBeEmpty("nothing of the former replica is left");
        again.Recovered.Snapshot.Configuration.ShouldBe(Configuration.OfVoters(5));
    }

    [Fact]
    public async Task Rule_23_a_fenced_activations_append_and_vote_change_nothing()
    {
        var zombie = await OpenAsync();
        await zombie.AppendAsync(1, "a");
        var successor = await OpenAsync();

        zombie.HardState = new HardState(new Term(7), new ReplicaId(1), LogIndex.Zero);
        zombie.SendAppend(7, "z");
        var stopped = await zombie.Events.StoppedAsync();
        await successor.AppendAsync(2, "b");
        var reopened = await ReopenAsync();

        stopped.Reason.ShouldBe(LogStopReason.Fenced);
        zombie.Events.Written.Count.ShouldBe(1);
        successor.Log.Epoch.ShouldBeGreaterThan(zombie.Log.Epoch);
        reopened.Bodies.ShouldBe(["a", "b"]);
        reopened.HardState.ShouldBe(new HardState(new Term(2), null, LogIndex.Zero));
    }

    [Fact]
    public async Task Rule_23_a_fenced_activations_snapshot_is_not_made_the_newest()
    {
        var zombie = await OpenAsync();
        await zombie.AppendAsync(1, "a");
        await OpenAsync();

        zombie.Log.SaveSnapshot(zombie.Describe(1, 1, [1, 2]), new CapturedState(new byte[] { 1, 2 }));
        var stopped = await zombie.Events.StoppedAsync();

        stopped.Reason.ShouldBe(LogStopReason.Fenced);
        (await ReopenAsync()).Recovered.Snapshot.LastIncluded.ShouldBe(EntryId.Zero);
    }

    [Fact]
    public async Task A_stopped_log_tells_nothing_more()
    {
        var zombie = await OpenAsync();
        await OpenAsync();

        zombie.SendAppend(1, "a");
        zombie.SendAppend(1, "b");
        await zombie.Events.StoppedAsync();
        zombie.SendAppend(1, "c");
        var successor = await OpenAsync(new ReplicaKey("counters-1", new ReplicaId(1)));
        await successor.AppendAsync(1, "later");

        zombie.Events.LastTold.ShouldBeOfType<Stopped>();
        zombie.Events.Written.ShouldBeEmpty();
        zombie.Log.MaySpeak.ShouldBeFalse();
    }

    [Fact]
    public async Task The_first_activation_may_speak_at_once()
    {
        var replica = await OpenAsync();

        await replica.Log.WaitUntilMaySpeakAsync(Cancellation);

        replica.Log.MaySpeak.ShouldBeTrue();
    }

    [Fact]
    public async Task A_successor_of_one_that_released_may_speak_at_once()
    {
        var replica = await OpenAsync();
        await replica.Log.WaitUntilMaySpeakAsync(Cancellation);

        await replica.Log.ReleaseAsync(Cancellation);
        replica.Log.MaySpeak.ShouldBeFalse();
        await replica.DisposeAsync();
        var successor = await OpenAsync();
        await successor.Log.WaitUntilMaySpeakAsync(Cancellation);

        successor.Log.MaySpeak.ShouldBeTrue();
    }

    [Fact]
    public async Task A_successor_of_one_that_did_not_release_waits()
    {
        var replica = await OpenAsync();
        await replica.Log.WaitUntilMaySpeakAsync(Cancellation);

        var successor = await OpenAsync();
        await successor.AppendAsync(1, "written while it may not speak");
        var mayAtFirst = successor.Log.MaySpeak;
        await PassTimeUntilAsync(() => successor.Log.MaySpeak);

        mayAtFirst.ShouldBeFalse();
        replica.Log.MaySpeak.ShouldBeFalse();
        await successor.Log.WaitUntilMaySpeakAsync(Cancellation);
        await successor.Events.RightChangedAsync();
        (await replica.Events.StoppedAsync()).Reason.ShouldBe(LogStopReason.Fenced);
    }

    [Fact]
    public async Task A_successor_that_is_superseded_while_it_waits_never_speaks()
    {
        var first = await OpenAsync();
        await first.Log.WaitUntilMaySpeakAsync(Cancellation);

        var second = await OpenAsync();
        var third = await OpenAsync();
        await second.Log.ReleaseAsync(Cancellation);
        var thirdMay = third.Log.MaySpeak;
        var fourth = await OpenAsync();
        var fourthMay = fourth.Log.MaySpeak;
        await PassTimeUntilAsync(() => fourth.Log.MaySpeak);

        thirdMay.ShouldBeFalse();
        fourthMay.ShouldBeFalse("the second was never the speaker, so it could not release the first one's right");
        (first.Log.MaySpeak || second.Log.MaySpeak || third.Log.MaySpeak).ShouldBeFalse();
        await Should.ThrowAsync<StoreRefusedException>(() => third.Log.WaitUntilMaySpeakAsync(Cancellation));
    }

    [Fact]
    public async Task A_cluster_row_is_written_once_and_others_are_refused()
    {
        await RestartAsync();
        var same = await Store.InitializeAsync(Definition, Cancellation);

        same.Sets.ShouldBe(Definition.Sets);
        var groups = await Should.ThrowAsync<StoreRefusedException>(() => Store.InitializeAsync(
            Definition with { Sets = [new GroupSet("counters", 5, 3)] }, Cancellation));
        groups.Message.ShouldContain("4 group(s) of 3 replica(s), not 5 group(s) of 3 replica(s)");
        var cluster = await Should.ThrowAsync<StoreRefusedException>(
            () => Store.InitializeAsync(Definition with { ClusterId = "other" }, Cancellation));
        cluster.Message.ShouldContain("'contract', not to 'other'");
    }

    [Fact]
    public async Task A_store_that_serves_says_so() => await Store.CheckAsync(Cancellation);
}
