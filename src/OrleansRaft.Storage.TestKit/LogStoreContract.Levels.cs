using OrleansRaft.Runtime.Levels;
using OrleansRaft.Runtime.Storage;

namespace OrleansRaft.Storage.TestKit;

public abstract partial class LogStoreContract
{
    private static readonly SiloLevel Older = new("silo-1", 1, "", "1.0");
    private static readonly SiloLevel Newer = new("silo-2", 2, "", "2.0");

    [Fact]
    public async Task What_is_remembered_of_feature_levels_outlives_the_silo()
    {
        (await Store.ReadLevelsAsync(Cancellation)).ShouldBeNull();
        var levels = new ClusterLevels(1, [Older, Newer]);

        (await Store.ChangeLevelsAsync(_ => levels, Cancellation)).ShouldBe(levels);
        await RestartAsync();

        (await Store.ReadLevelsAsync(Cancellation)).ShouldBe(levels);
        (await Store.ChangeLevelsAsync(static _ => null, Cancellation)).ShouldBe(levels);
    }

    /// <summary>A report and a raise that come together are one after the other: neither is made of what the other has changed.</summary>
    [Fact]
    public async Task A_feature_level_is_changed_by_one_at_a_time()
    {
        var first = await StartSecondAsync();
        await Store.ChangeLevelsAsync(static _ => new ClusterLevels(1, []), Cancellation);

        await Task.WhenAll(Enumerable.Range(0, 10).Select(number => (number % 2 == 0 ? first : Store).ChangeLevelsAsync(
            before => before!.With(new SiloLevel($"silo-{number}", 2)), Cancellation)));

        (await Store.ReadLevelsAsync(Cancellation)).ShouldNotBeNull().Silos.Length.ShouldBe(10);
    }

    [Fact]
    public async Task A_program_that_is_too_old_for_the_level_is_refused_and_changes_nothing()
    {
        var levels = new ClusterLevels(2, [Newer]);
        await Store.ChangeLevelsAsync(_ => levels, Cancellation);

        (await Should.ThrowAsync<StoreRefusedException>(Store.ChangeLevelsAsync(static before => before!.With(Older), Cancellation)))
            .Message.ShouldContain("works at feature level 2, and this program supports levels up to 1");

        (await Store.ReadLevelsAsync(Cancellation)).ShouldBe(levels);
        (await OpenAsync()).Log.Recovered.Entries.ShouldBeEmpty("the store goes on");
    }

    /// <summary>Another silo on the same data where there can be one; the same where a store has one silo.</summary>
    private async Task<ILogStore> StartSecondAsync() => this is SharedLogStoreContract ? await StartStoreAsync() : Store;
}
