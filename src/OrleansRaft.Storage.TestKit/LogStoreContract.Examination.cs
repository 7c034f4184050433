using OrleansRaft.Runtime.Storage;

namespace OrleansRaft.Storage.TestKit;

public abstract partial class LogStoreContract
{
    [Fact]
    public async Task What_is_stored_is_read_and_found_well_while_its_replica_runs()
    {
        var replica = await OpenAsync();
        await replica.AppendAsync(1, "a", "b");
        await replica.AppendAsync(1, "c");
        await replica.AppendAsync(2, "d");

        var examined = await Examination.RunAsync(Store, Key, null, null, Cancellation);
        await replica.AppendAsync(2, "e");

        examined.ShouldNotBeNull().Damage.ShouldBeEmpty();
        (examined.Entries, examined.Blocks).ShouldBe((4, 3));
        examined.Row!.LogLast.ShouldBe(Id(2, 4));
        examined.Configuration!.Voters.Length.ShouldBe(3);
        examined.SnapshotBytes.ShouldBe(0);
    }

    [Fact]
    public async Task What_has_no_place_in_a_store_is_not_examined_and_what_has_is_listed()
    {
        (await Examination.RunAsync(Store, new ReplicaKey("nothing-0", new ReplicaId(1)), null, null, Cancellation)).ShouldBeNull();

        var listed = await Store.ListReplicasAsync(Cancellation);

        listed.Count.ShouldBe(Definition.Sets.Sum(static set => set.Groups * set.Replicas));
        listed.ShouldContain(Key);
    }

    [Fact]
    public async Task A_flipped_bit_in_a_stored_log_is_found_without_opening_it()
    {
        var replica = await OpenAsync();
        await replica.AppendAsync(1, "a");
        await replica.AppendAsync(1, "cccccccc");
        await RestartAsync(() => DamageLogAsync(Key));

        var examined = await Examination.RunAsync(Store, Key, null, null, Cancellation);

        var damage = examined.ShouldNotBeNull().Damage.ShouldHaveSingleItem();
        damage.Part.ShouldBe(StoredPart.Log);
        damage.Index.ShouldBe(new LogIndex(2));
    }

    [Fact]
    public async Task A_flipped_bit_in_a_stored_snapshot_is_found_without_opening_it()
    {
        var replica = await OpenAsync();
        await replica.AppendAsync(1, "a", "b");
        await replica.SaveSnapshotAsync(1, 2, State);
        var well = await Examination.RunAsync(Store, Key, null, null, Cancellation);
        await RestartAsync(() => DamageSnapshotAsync(Key));

        var examined = await Examination.RunAsync(Store, Key, null, null, Cancellation);

        well.ShouldNotBeNull().Damage.ShouldBeEmpty();
        well.SnapshotBytes.ShouldBe(State.Length);
        var damage = examined.ShouldNotBeNull().Damage.ShouldHaveSingleItem();
        damage.Part.ShouldBe(StoredPart.Snapshot);
        damage.Index.ShouldBe(new LogIndex(2));
    }
}
