using OrleansRaft.Runtime.Storage;
using OrleansRaft.Runtime.Storage.Memory;
using OrleansRaft.Storage.TestKit;

namespace OrleansRaft.Runtime.Tests.Storage;

public sealed class MemoryLogStoreTests : SharedLogStoreContract
{
    private readonly MemoryDisk disk = new();

    protected override bool IsOnDisk => false;

    protected override Task<ILogStore> CreateStoreAsync(TimeProvider time) => Task.FromResult<ILogStore>(new MemoryLogStore(disk, time, Times));

    protected override Task DamageLogAsync(ReplicaKey key)
    {
        disk.DamageLog(key);
        return Task.CompletedTask;
    }

    protected override Task DamageSnapshotAsync(ReplicaKey key)
    {
        disk.DamageSnapshot(key);
        return Task.CompletedTask;
    }

    protected override Task CutOffAsync(ILogStore store)
    {
        ((MemoryLogStore)store).IsConnected = false;
        return Task.CompletedTask;
    }

    protected override Task ReconnectAsync(ILogStore store)
    {
        ((MemoryLogStore)store).IsConnected = true;
        return Task.CompletedTask;
    }
}
