using Microsoft.Extensions.Logging;
using OrleansRaft.Grains.Cluster;
using OrleansRaft.Runtime;
using OrleansRaft.Runtime.Storage;

namespace OrleansRaft.Grains.Replicas;

/// <summary>
/// Keeps replicas out that were lost when their group went on without its majority: the cluster row says so, and is looked at before a replica's log
/// is opened, and now and then. Any thread.
/// </summary>
/// <remarks>
/// A store that cannot tell keeps nobody out but those of whom is known already: groups go on without the server that holds the cluster row.
/// </remarks>
internal sealed class GroupFences(ILogStore store, GroupTable groups, TimeProvider time, ILogger<GroupFences> logger) : IDisposable
{
    private static readonly TimeSpan FreshFor = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LookPause = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    private readonly CancellationTokenSource stopping = new();
    private readonly SemaphoreSlim looking = new(1);
    private Task loop = Task.CompletedTask;
    private long? lookedAt;
    private bool hasFailed;

    /// <summary>Begins to look now and then: in a store that others can change.</summary>
    public void Start()
    {
        if (store.LocalId.Length == 0)
        {
            loop = Task.Run(RunAsync);
        }
    }

    /// <summary>Ends.</summary>
    public async Task StopAsync()
    {
        await stopping.CancelAsync();
        await loop;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        stopping.Dispose();
        looking.Dispose();
    }

    /// <summary>Refuses a replica that was lost, before its log is opened.</summary>
    /// <exception cref="StoreRefusedException">It was.</exception>
    public async Task RequireMemberAsync(ReplicaSlot slot, CancellationToken cancellation)
    {
        await LookAsync(cancellation);
        if (slot.Group.IsLost(slot.Replica))
        {
            throw Lost(slot);
        }
    }

    private static StoreRefusedException Lost(ReplicaSlot slot) => new(
        $"replica {new ReplicaKey(slot.Group.Name, slot.Replica)} was lost when its group went on from replica {slot.Group.Recovery!.Survivor} "
        + "alone, and never takes part again: what it holds is not the group's any more. Add another member in its place");

    private async Task RunAsync()
    {
        while (!stopping.IsCancellationRequested)
        {
            await Task.WhenAny(Task.Delay(LookPause, time, stopping.Token));
            if (!stopping.IsCancellationRequested)
            {
                await LookAsync(stopping.Token);
            }
        }
    }

    private async Task LookAsync(CancellationToken cancellation)
    {
        try
        {
            await looking.WaitAsync(cancellation);
        }
        catch (OperationCanceledException)
        {
            return;
        }

        try
        {
            if (!groups.IsLoaded || (lookedAt is { } last && time.GetElapsedTime(last) < (hasFailed ? LookPause : FreshFor)))
            {
                return;
            }

            hasFailed = true;
            var stored = await store.ReadClusterAsync(cancellation).WaitAsync(Patience, time, cancellation);
            hasFailed = false;
            foreach (var group in groups.Learn(stored))
            {
                Log.GroupRecovered(logger, group.Name, group.Recovery!.Survivor, group.Recovery.Incarnation);
                StopLost(group);
            }
        }
        catch (Exception exception)
        {
            Log.FencesNotRead(logger, exception);
        }
        finally
        {
            // Whoever comes next does not wait for a server that is away.
            lookedAt = time.GetTimestamp();
            looking.Release();
        }
    }

    private static void StopLost(GroupEntry group)
    {
        foreach (var slot in group.Slots.Where(slot => group.IsLost(slot.Replica)))
        {
            if (slot.Local is { } running)
            {
                running.StopSoon();
                running.Retire();
            }
        }
    }
}
