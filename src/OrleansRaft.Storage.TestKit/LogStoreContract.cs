using Microsoft.Extensions.Time.Testing;
using OrleansRaft.Runtime.Storage;

namespace OrleansRaft.Storage.TestKit;

/// <summary>What every log store promises. Each store runs all of it.</summary>
public abstract partial class LogStoreContract : IAsyncLifetime
{
    protected const string ClusterId = "contract";

    protected static readonly LeaseTimes Times = new();

    private readonly List<ILogStore> stores = [];

    protected FakeTimeProvider Clock { get; } = new();

    protected static ReplicaKey Key { get; } = new("counters-0", new ReplicaId(1));

    protected static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    /// <summary>The first silo's store, initialised.</summary>
    protected ILogStore Store { get; private set; } = null!;

    /// <summary>
    /// A store of one silo on the test's data, not yet initialised. Called again after the one before was disposed, to open the same data.
    /// </summary>
    protected abstract Task<ILogStore> CreateStoreAsync(TimeProvider time);

    /// <summary>Flips a bit of the newest stored block. No store is open.</summary>
    protected abstract Task DamageLogAsync(ReplicaKey key);

    /// <summary>Flips a bit of the newest snapshot. No store is open.</summary>
    protected abstract Task DamageSnapshotAsync(ReplicaKey key);

    /// <summary>Whether anything takes time.</summary>
    protected virtual bool IsOnDisk => true;

    protected virtual Task CleanUpAsync() => Task.CompletedTask;

    protected virtual ClusterDefinition Definition => new(ClusterId, [new GroupSet("counters", 4, 3)], 1, []);

    public virtual async ValueTask InitializeAsync() => Store = await StartStoreAsync();

    public async ValueTask DisposeAsync()
    {
        foreach (var store in stores)
        {
            await store.DisposeAsync();
        }

        await CleanUpAsync();
        GC.SuppressFinalize(this);
    }

    protected async Task<ILogStore> StartStoreAsync(TimeProvider? time = null)
    {
        var store = await CreateStoreAsync(time ?? Clock);
        stores.Add(store);
        await store.InitializeAsync(Definition, Cancellation);
        return store;
    }

    /// <summary>Ends the silo without a word, as a crash would, and starts another on the same data.</summary>
    protected async Task RestartAsync(Func<Task>? whileClosed = null)
    {
        await Store.DisposeAsync();
        if (whileClosed is not null)
        {
            await whileClosed();
        }

        Store = await StartStoreAsync();
    }

    protected Task<OpenReplica> OpenAsync(ReplicaKey? key = null) => OpenReplica.OpenAsync(Store, key ?? Key);

    protected async Task<OpenReplica> ReopenAsync(ReplicaKey? key = null)
    {
        await RestartAsync();
        return await OpenAsync(key);
    }

    protected static EntryId Id(long term, long index) => new(new Term(term), new LogIndex(index));

    /// <summary>
    /// Lets time pass until a condition holds: ten times as fast as it does, which leaves a real server the time to extend a lease.
    /// </summary>
    protected async Task PassTimeUntilAsync(Func<bool> condition)
    {
        var deadline = TimeProvider.System.GetTimestamp() + (120 * TimeProvider.System.TimestampFrequency);
        while (!condition())
        {
            (TimeProvider.System.GetTimestamp() < deadline).ShouldBeTrue("the condition was not met in time");
            Clock.Advance(TimeSpan.FromMilliseconds(100));
            await Task.Delay(TimeSpan.FromMilliseconds(10), Cancellation);
        }
    }

    protected static async Task EventuallyAsync(Func<bool> condition)
    {
        var deadline = TimeProvider.System.GetTimestamp() + (120 * TimeProvider.System.TimestampFrequency);
        while (!condition())
        {
            (TimeProvider.System.GetTimestamp() < deadline).ShouldBeTrue("the condition was not met in time");
            await Task.Delay(TimeSpan.FromMilliseconds(5), Cancellation);
        }
    }
}
