using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using OrleansRaft.Grains.Cluster;
using OrleansRaft.Runtime;
using OrleansRaft.Runtime.Diagnostics;
using OrleansRaft.Runtime.Storage;

namespace OrleansRaft.Grains.Admin;

/// <summary>
/// Reads everything that this silo's replicas have stored once in <see cref="RaftOptions.ScrubInterval"/>, checks it, and mends what may be mended,
/// before it is needed.
/// </summary>
/// <remarks>
/// What a snapshot holds, or replaces, is also in the memory of the replica: once the group's replicas have been compared and hold the same, the
/// replica writes a new snapshot and forgets the log that it covers. What it gave its word for, term, vote, and entries that may not be committed, is
/// not made up: such a replica is replaced as a member.
/// </remarks>
internal sealed class Scrubber(
    ILogStore store,
    GroupTable groups,
    GroupComparisons comparisons,
    AlarmBoard alarms,
    RaftMetrics metrics,
    IOptions<RaftOptions> options,
    TimeProvider time,
    ILogger<Scrubber> logger) : IDisposable
{
    // Of the time, the part that reading may take.
    private const double Share = 0.01;
    private static readonly TimeSpan LookPause = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan RenewPatience = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan RenewPause = TimeSpan.FromMilliseconds(100);

    private readonly CancellationTokenSource stopping = new();
    private readonly Dictionary<ReplicaKey, long> scrubbed = [];
    private Task loop = Task.CompletedTask;

    /// <summary>Begins, unless it is turned off.</summary>
    public void Start()
    {
        if (options.Value.ScrubInterval > TimeSpan.Zero)
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
    public void Dispose() => stopping.Dispose();

    /// <summary>Reads what a replica here has stored, and mends or tells what is damaged.</summary>
    /// <param name="replica">The replica.</param>
    /// <param name="hurries">Whether it does not wait between the pieces.</param>
    /// <param name="cancellation">Stops.</param>
    /// <returns>What was found; null when the replica has no place in the store.</returns>
    public async Task<ExaminedReplica?> ScrubAsync(ILocalReplica replica, bool hurries, CancellationToken cancellation)
    {
        var since = time.GetTimestamp();
        var examined = await Examination.RunAsync(
            store,
            replica.Key,
            hurries ? null : async (bytes, stop) =>
            {
                metrics.ScrubbedBytes.Add(bytes);
                var took = time.GetElapsedTime(since);
                await Task.Delay(took / Share, time, stop);
                since = time.GetTimestamp();
            },
            onSnapshot: null,
            cancellation);
        if (examined is null)
        {
            return null;
        }

        if (examined.Damage.IsEmpty)
        {
            alarms.Clear(AlarmNames.StoredDamage, replica.Key.ToString());
            return examined;
        }

        Log.StoredDamage(logger, replica.Key, examined.Damage[0].Detail);
        var mended = MayMend(replica, examined) && await MendAsync(replica, examined, cancellation);
        Tell(replica.Key, examined, mended);
        return examined;
    }

    private async Task RunAsync()
    {
        while (!stopping.IsCancellationRequested)
        {
            try
            {
                await ScrubNextAsync();
                await Task.Delay(LookPause, time, stopping.Token);
            }
            catch (OperationCanceledException) when (stopping.IsCancellationRequested)
            {
                return;
            }
            catch (Exception exception)
            {
                // Its server is away, or the replica has left: its turn comes again.
                Log.ScrubFailed(logger, exception);
                await Task.WhenAny(Task.Delay(LookPause, time, stopping.Token));
            }
        }
    }

    /// <summary>
    /// Those that are due, one after the other, the one that has waited longest first. A replica that has just come to life was read when it was
    /// opened.
    /// </summary>
    private async Task ScrubNextAsync()
    {
        var now = time.GetTimestamp();
        var hosted = groups.Hosted.Where(static replica => replica.IsRunning).ToList();
        var here = hosted.Select(static replica => replica.Key).ToHashSet();
        foreach (var gone in scrubbed.Keys.Where(key => !here.Contains(key)).ToList())
        {
            scrubbed.Remove(gone);
            alarms.Clear(AlarmNames.StoredDamage, gone.ToString());
        }

        foreach (var replica in hosted)
        {
            scrubbed.TryAdd(replica.Key, now);
        }

        foreach (var replica in hosted.OrderBy(replica => scrubbed[replica.Key]))
        {
            if (time.GetElapsedTime(scrubbed[replica.Key]) < options.Value.ScrubInterval)
            {
                break;
            }

            scrubbed[replica.Key] = time.GetTimestamp();
            await ScrubAsync(replica, hurries: false, stopping.Token);
        }
    }

    /// <summary>Whether all that is damaged is what a new snapshot replaces.</summary>
    private static bool MayMend(ILocalReplica replica, ExaminedReplica examined) =>
        examined.Row is { SnapshotProblem: null } row
        && examined.Damage.All(found => found.Part switch
        {
            StoredPart.Snapshot => true,
            StoredPart.Log => found.Index <= LogIndex.Min(replica.Driver.CommitIndex, row.LogLast.Index),
            _ => false,
        });

    private async Task<bool> MendAsync(ILocalReplica replica, ExaminedReplica examined, CancellationToken cancellation)
    {
        // What is in memory is written down only if the others hold the same; the comparison also appends the entry behind which the new snapshot
        // lies.
        if (await comparisons.RunAsync(replica.Slot.Group, cancellation) is not Committed<GroupComparison> { Value: { IsEqual: true } compared })
        {
            return false;
        }

        if (!await replica.Driver.RenewSnapshotAsync(compared.Entry.Index).WaitAsync(RenewPatience, time, cancellation))
        {
            return false;
        }

        // The log that the snapshot covers goes with the next write.
        var since = time.GetTimestamp();
        while (await Examination.RunAsync(store, replica.Key, null, null, cancellation) is not { Damage.IsEmpty: true })
        {
            if (time.GetElapsedTime(since) > RenewPatience)
            {
                return false;
            }

            await Task.Delay(RenewPause, time, cancellation);
        }

        Log.DamageMended(logger, replica.Key, examined.Damage[0].Detail);
        return true;
    }

    private void Tell(ReplicaKey replica, ExaminedReplica examined, bool isMended)
    {
        metrics.ScrubDamage.Add(1);
        if (isMended)
        {
            alarms.Clear(AlarmNames.StoredDamage, replica.ToString());
            return;
        }

        alarms.Report(
            AlarmNames.StoredDamage,
            replica.ToString(),
            $"What replica {replica} has stored is damaged, though it runs: {examined.Damage[0].Detail.TrimEnd('.')}.",
            "It would not start again. See to the disk, and put a new replica in its place: "
                + $"`oraft member replace {replica.Group} {replica.Replica}`.",
            replica.Group);
    }
}
