using OrleansRaft.Core;
using OrleansRaft.Runtime.StateMachines;
using OrleansRaft.Runtime.Storage;

namespace OrleansRaft.Storage.TestKit;

/// <summary>What a store promises that several silos reach: two activations of one replica look like one that crashed and restarted.</summary>
public abstract class SharedLogStoreContract : LogStoreContract
{
    /// <summary>Nothing that the silo sends reaches the store from now on.</summary>
    protected abstract Task CutOffAsync(ILogStore store);

    /// <summary>The silo reaches the store again.</summary>
    protected abstract Task ReconnectAsync(ILogStore store);

    [Fact]
    public async Task Rule_23_another_silos_activation_fences_this_ones_append_and_vote()
    {
        var other = await StartStoreAsync();
        var zombie = await OpenAsync();
        await zombie.AppendAsync(1, "a");

        var successor = await OpenReplica.OpenAsync(other, Key);
        zombie.HardState = new HardState(new Term(7), new ReplicaId(1), LogIndex.Zero);
        zombie.SendAppend(7, "z");
        var stopped = await zombie.Events.StoppedAsync();
        await successor.AppendAsync(2, "b");
        var reopened = await OpenReplica.OpenAsync(other, Key);

        stopped.Reason.ShouldBe(LogStopReason.Fenced);
        reopened.Bodies.ShouldBe(["a", "b"]);
        reopened.HardState.ShouldBe(new HardState(new Term(2), null, LogIndex.Zero));
    }

    [Fact]
    public async Task Rule_23_another_silos_activation_fences_this_ones_snapshots()
    {
        var other = await StartStoreAsync();
        var zombie = await OpenAsync();
        await zombie.AppendAsync(1, "a", "b");
        await zombie.SaveSnapshotAsync(1, 1, [1]);

        var successor = await OpenReplica.OpenAsync(other, Key);
        zombie.Log.SaveSnapshot(zombie.Describe(1, 2, [2]), new CapturedState(new byte[] { 2 }));
        var stopped = await zombie.Events.StoppedAsync();
        var reopened = await OpenReplica.OpenAsync(other, Key);

        stopped.Reason.ShouldBe(LogStopReason.Fenced);
        successor.Log.RecoveredSnapshot.ReadAll().ShouldBe([1]);
        reopened.Log.RecoveredSnapshot.ReadAll().ShouldBe([1]);
    }

    [Fact]
    public async Task Of_two_successors_on_two_silos_only_the_last_becomes_the_speaker()
    {
        var (second, third) = (await StartStoreAsync(), await StartStoreAsync());
        var predecessor = await OpenAsync();
        await predecessor.Log.WaitUntilMaySpeakAsync(Cancellation);

        var superseded = await OpenReplica.OpenAsync(second, Key);
        var last = await OpenReplica.OpenAsync(third, Key);
        var spoke = false;
        await PassTimeUntilAsync(() =>
        {
            spoke |= superseded.Log.MaySpeak;
            return last.Log.MaySpeak;
        });
        await PassTimeUntilAsync(() => superseded.Events.StoppedWith is not null);

        spoke.ShouldBeFalse();
        superseded.Events.StoppedWith!.Reason.ShouldBe(LogStopReason.Fenced);
        predecessor.Log.MaySpeak.ShouldBeFalse();
        last.Log.MaySpeak.ShouldBeTrue();
    }

    [Fact]
    public async Task A_successor_on_another_silo_never_speaks_together_with_its_predecessor()
    {
        var other = await StartStoreAsync();
        var predecessor = await OpenAsync();
        await predecessor.Log.WaitUntilMaySpeakAsync(Cancellation);

        var successor = await OpenReplica.OpenAsync(other, Key);
        var together = false;
        await PassTimeUntilAsync(() =>
        {
            together |= successor.Log.MaySpeak && predecessor.Log.MaySpeak;
            return successor.Log.MaySpeak;
        });

        together.ShouldBeFalse();
        predecessor.Log.MaySpeak.ShouldBeFalse();
    }

    [Fact]
    public async Task A_silo_learns_from_its_next_extension_which_replicas_it_lost_and_keeps_the_others()
    {
        var other = await StartStoreAsync();
        var lost = await OpenAsync();
        var kept = await OpenAsync(Key with { Replica = new ReplicaId(2) });
        await lost.Log.WaitUntilMaySpeakAsync(Cancellation);
        await kept.Log.WaitUntilMaySpeakAsync(Cancellation);

        var successor = await OpenReplica.OpenAsync(other, Key);
        await PassTimeUntilAsync(() => lost.Events.StoppedWith is not null);
        await PassTimeUntilAsync(() => successor.Log.MaySpeak && kept.Log.MaySpeak);

        lost.Events.StoppedWith!.Reason.ShouldBe(LogStopReason.Fenced);
        kept.Events.StoppedWith.ShouldBeNull();
    }

    [Fact]
    public async Task A_silo_that_cannot_extend_its_lease_falls_silent_and_speaks_again_when_nobody_took_over()
    {
        var replica = await OpenAsync();
        await replica.Log.WaitUntilMaySpeakAsync(Cancellation);

        await CutOffAsync(Store);
        await PassTimeUntilAsync(() => !replica.Log.MaySpeak);
        await replica.Events.RightChangedAsync();
        await ReconnectAsync(Store);
        await PassTimeUntilAsync(() => replica.Log.MaySpeak);
        await replica.AppendAsync(1, "a");

        replica.Events.StoppedWith.ShouldBeNull();
    }

    [Fact]
    public async Task A_silo_that_was_cut_off_while_another_took_over_never_speaks_again()
    {
        var other = await StartStoreAsync();
        var zombie = await OpenAsync();
        await zombie.Log.WaitUntilMaySpeakAsync(Cancellation);

        await CutOffAsync(Store);
        zombie.SendAppend(1, "z");
        var successor = await OpenReplica.OpenAsync(other, Key);
        await successor.AppendAsync(1, "a");
        await PassTimeUntilAsync(() => successor.Log.MaySpeak);
        var zombieSpeaks = zombie.Log.MaySpeak;
        await ReconnectAsync(Store);
        await PassTimeUntilAsync(() => zombie.Events.StoppedWith is not null);

        zombieSpeaks.ShouldBeFalse("its lease ended before its successor spoke");
        zombie.Events.StoppedWith!.Reason.ShouldBe(LogStopReason.Fenced);
        zombie.Events.Written.ShouldBeEmpty();
        zombie.Log.MaySpeak.ShouldBeFalse();
    }

    [Fact]
    public async Task A_write_handed_over_while_the_store_is_away_waits_and_is_not_lost()
    {
        var replica = await OpenAsync();
        await replica.AppendAsync(1, "a");

        await CutOffAsync(Store);
        var ticket = replica.SendAppend(1, "b");
        await PassTimeUntilAsync(() => !replica.Log.MaySpeak);
        var writtenMeanwhile = replica.Events.Written.Contains(ticket);
        await ReconnectAsync(Store);
        await PassTimeUntilAsync(() => replica.Events.Written.Contains(ticket));

        writtenMeanwhile.ShouldBeFalse();
        (await ReopenAsync()).Bodies.ShouldBe(["a", "b"]);
    }
}
