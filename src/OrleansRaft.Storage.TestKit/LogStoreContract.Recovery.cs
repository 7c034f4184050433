using OrleansRaft.Core;
using OrleansRaft.Core.Codec;
using OrleansRaft.Runtime.Storage;

namespace OrleansRaft.Storage.TestKit;

public abstract partial class LogStoreContract
{
    private static ReplicaKey Third { get; } = new("counters-0", new ReplicaId(3));

    [Fact]
    public async Task A_group_that_lost_its_majority_goes_on_from_one_replica_and_the_store_says_who_is_lost()
    {
        await LoseTwoOfThreeAsync();

        var survey = await RecoverySurvey.MakeAsync([Store], Third, Cancellation);
        var recovery = await GroupRescue.RunAsync([Store], survey, Cancellation);
        await RestartAsync();
        var row = await Store.ReadClusterAsync(Cancellation);
        await using var survivor = await ReplicaLogSession.OpenAsync(Store, Third, Cancellation);

        survey.Refusal.ShouldBeNull();
        survey.Kept.ShouldContain("Replica 3 of counters-0 holds entries through 2 (term 1), of a group with the voters 3, 8, 9");
        survey.Lost.Select(static lost => lost.Value).ShouldBe([8, 9]);
        survey.Missing.ShouldContain("What was acknowledged after entry 2 is lost");
        recovery.Incarnation.ShouldBe(1);
        row.RecoveryOf("counters-0").ShouldBe(recovery);
        new[] { 1L, 2, 3, 4, 1_000 }.Select(static number => new ReplicaId(number)).Where(recovery.IsLost).Select(static lost => lost.Value)
            .ShouldBe([1, 2, 4, 1_000]);
        recovery.IsLost(new ReplicaId(recovery.FirstReplica)).ShouldBeFalse();
        var held = survivor.Log.Recovered;
        held.HardState.CurrentTerm.Value.ShouldBeGreaterThanOrEqualTo(1_000_000, "the lost ones may have gone on for any number of terms");
        held.Entries.Select(static entry => entry.Kind).ShouldBe([EntryKind.Command, EntryKind.Configuration, EntryKind.Configuration]);
        ConfigurationCodec.Decode(held.Entries[^1].Body).Voters.ShouldBe([Third.Replica]);
    }

    [Fact]
    public async Task A_group_that_has_its_majority_is_not_recovered()
    {
        await WriteAsync(OpenReplica.Block(EntryId.Zero, 1, "a", "b"));

        var survey = await RecoverySurvey.MakeAsync([Store], Third, Cancellation);
        var refusal = await Should.ThrowAsync<StoreRefusedException>(() => GroupRescue.RunAsync([Store], survey, Cancellation));

        refusal.Message.ShouldContain("counters-0 has not lost its majority");
        (await Store.ReadClusterAsync(Cancellation)).Recoveries.ShouldBeEmpty();
    }

    [Fact]
    public async Task Nobody_goes_on_from_a_replica_that_was_lost_before_is_damaged_or_is_not_there()
    {
        var replica = await OpenAsync();
        await replica.AppendAsync(1, "a", "b");
        await replica.AppendAsync(1, "cccccccc");
        await LoseTwoOfThreeAsync();
        await RestartAsync(() => DamageLogAsync(Key));
        var (damaged, nothing) = (Key, new ReplicaKey("counters-0", new ReplicaId(9)));

        var ofDamaged = await RecoverySurvey.MakeAsync([Store], damaged, Cancellation);
        var ofNothing = await RecoverySurvey.MakeAsync([Store], nothing, Cancellation);
        await GroupRescue.RunAsync([Store], await RecoverySurvey.MakeAsync([Store], Third, Cancellation), Cancellation);
        var ofLost = await RecoverySurvey.MakeAsync([Store], damaged, Cancellation);

        ofDamaged.Refusal.ShouldNotBeNull().ShouldContain("is damaged");
        ofNothing.Refusal.ShouldNotBeNull().ShouldContain("holds no replica 9 of counters-0");
        ofLost.Refusal.ShouldNotBeNull().ShouldContain("was lost when the group went on from replica 3");
    }

    /// <summary>Replica 3 belongs to a group of which the store holds no other member.</summary>
    private async Task LoseTwoOfThreeAsync()
    {
        var members = Configuration.OfVoters([.. new[] { 3L, 8, 9 }.Select(static id => new Member(new ReplicaId(id), LogIndex.Zero))]);
        await WriteAsync(new EntryBlock(
            EntryId.Zero,
            [
                new Entry(Id(1, 1), EntryKind.Command, LogTime.Zero, "a"u8.ToArray()),
                new Entry(Id(1, 2), EntryKind.Configuration, LogTime.Zero, ConfigurationCodec.Encode(members)),
            ]));
    }

    private async Task WriteAsync(EntryBlock block)
    {
        await using var session = await ReplicaLogSession.OpenAsync(Store, Third, Cancellation);
        await session.Log.RecoveredSnapshot.DisposeAsync();
        var hardState = new HardState(block.Last.Term, null, LogIndex.Zero);
        await session.WriteAsync(new LogWrite(default, hardState, EntryId.Zero, block, null, null), Cancellation);
        await session.ReleaseAsync(Cancellation);
    }
}
