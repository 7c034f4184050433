using System.Diagnostics;
using OrleansRaft.Runtime;

namespace OrleansRaft.Benchmarks.Large;

/// <summary>One group with a large state: memory, pauses, a new member, a restart.</summary>
/// <param name="table">Where figures go.</param>
/// <param name="bytes">How many bytes the state has.</param>
/// <param name="length">For how long each load goes on at least.</param>
internal sealed class LargeState(LargeTable table, long bytes, TimeSpan length)
{
    private const int Callers = 16;
    private const int FewCallers = 4;
    private const int ValueBytes = 1_024;
    private const int SmallBytes = 64;
    private const int FillAtOnce = 256;
    private const string Group = $"{LargeMachine.SetName}-0";

    private readonly byte[] value = RandomBytes(ValueBytes);
    private readonly byte[] small = RandomBytes(SmallBytes);
    private readonly long count = bytes / (ValueBytes + sizeof(long));

    /// <summary>What is measured, in this order.</summary>
    public static string[] Parts { get; } = ["snapshots", "member", "restart"];

    public async Task RunAsync(string[] parts)
    {
        // Four, so that there is a place for a new member. Snapshots are taken when so much has been written, and not while the state is filled.
        await using var cluster = await LargeCluster.StartAsync(4, ["Raft:SnapshotThresholdBytes=33554432"], Group);
        var started = Processes(cluster).ToDictionary(static process => process.Id, static process => ProcessMemory.Now(process.Id));
        await FillAsync(cluster);
        await cluster.WaitAsync(Group, IsEqual, "replicas apply what is committed");
        foreach (var process in Processes(cluster))
        {
            ProcessMemory.Forget(process.Id);
        }

        table.Told("bytes of the state of one group", bytes, "B");
        await TellMemoryAsync(cluster, "filled");
        await WriteAlongSnapshotsAsync(cluster);
        TellPeaks(
            cluster,
            started,
            "peak memory of a silo while every replica takes a snapshot under load, beyond that of its start, for one of the state");
        await TellMemoryAsync(cluster, "snapshots taken");
        if (parts.Contains("member"))
        {
            await ReplaceAsync(cluster);
            TellPeaks(
                cluster,
                started,
                "peak memory of a silo with a new member that is sent the snapshot, beyond that of its start, for one of the state");
            await TellMemoryAsync(cluster, "member replaced");
        }

        if (parts.Contains("restart"))
        {
            await RestartAsync(cluster);
            await TellMemoryAsync(cluster, "silo restarted");
        }

        await TellLiveAsync(cluster);
    }

    private async Task FillAsync(LargeCluster cluster)
    {
        await Console.Error.WriteLineAsync($"filling {count:N0} values of {ValueBytes} bytes");
        var commands = (count + FillAtOnce - 1) / FillAtOnce;
        long next = -1;
        var began = Stopwatch.GetTimestamp();
        var filled = await GapMeter.RunAsync(
            FewCallers,
            caller => Interlocked.Increment(ref next) is var place && place < commands
                ? SubmitAsync(
                    cluster, caller, new LargeCommand(place * FillAtOnce, (int)Math.Min(FillAtOnce, count - (place * FillAtOnce)), ValueBytes, null))
                : Task.CompletedTask,
            () => Volatile.Read(ref next) >= commands);
        await Console.Error.WriteLineAsync($"{Stopwatch.GetElapsedTime(began).TotalSeconds:0} s: {filled}");
        if (filled.Failed > 0)
        {
            throw new InvalidOperationException($"The state could not be filled: {filled.Complaint}");
        }
    }

    private async Task WriteAlongSnapshotsAsync(LargeCluster cluster)
    {
        var quiet = await LoadAsync(cluster, FewCallers, small, TimeSpan.FromSeconds(5), null);
        table.Told("the longest time without a write, before any snapshot", quiet.Gap.TotalMilliseconds, "ms");
        var loaded = await LoadAsync(
            cluster, Callers, value, length, static status => status.Replicas.All(static replica => replica.Snapshot > 0));
        table.Below("the longest time without a write while snapshots are taken", loaded.Gap.TotalMilliseconds, 150, "ms");
        table.Told("the longest write of that load", loaded.Longest.TotalMilliseconds, "ms");
        table.Told("writes per second of that load", loaded.PerSecond, "");
        table.Below("writes that failed", loaded.Failed, 0, "");
    }

    /// <summary>A follower is replaced by a member on the silo that has none.</summary>
    private async Task ReplaceAsync(LargeCluster cluster)
    {
        var before = await cluster.WaitAsync(Group, IsEqual, "replicas apply what is committed");
        var replaced = before.Replicas.First(replica => replica.Replica != before.Leader).Replica;
        var began = Stopwatch.GetTimestamp();
        var changing = ChangeAsync(cluster, replaced);
        var loaded = await LoadAsync(
            cluster,
            FewCallers,
            small,
            TimeSpan.Zero,
            status => status.Voters.Length == before.Voters.Length
                && !status.Voters.Contains(replaced)
                && status.Replicas.All(replica => replica.Applied >= before.Replicas.Max(static other => other.Applied)));
        var took = Stopwatch.GetElapsedTime(began);
        await changing;
        var after = await cluster.LookAsync(Group);
        table.Told("a new member has caught up and votes after", took.TotalSeconds, "s");
        table.Below("changes of the leader meanwhile", after.Term - before.Term, 0, "");
        table.Below("the longest time without a write meanwhile", loaded.Gap.TotalMilliseconds, 150, "ms");
    }

    /// <summary>A large state takes longer than a request for the change waits: it is repeated until the change is done.</summary>
    private static async Task ChangeAsync(LargeCluster cluster, long replaced)
    {
        string problem;
        do
        {
            try
            {
                problem = await cluster.Grains(0).GetGrain<ILargeView>(0).ReplaceAsync(Group, replaced);
            }
            catch (TimeoutException late)
            {
                problem = late.Message;
            }

            await Console.Error.WriteLineAsync(problem.Length == 0 ? "replaced" : problem);
        }
        while (problem.Length > 0);
    }

    /// <summary>The silo of a follower is stopped in order, and started again.</summary>
    private async Task RestartAsync(LargeCluster cluster)
    {
        var before = await cluster.WaitAsync(Group, IsEqual, "replicas apply what is committed");
        var follower = before.Replicas.First(replica => replica.Replica != before.Leader && replica.Silo != cluster.Silos.Names[0]);
        var isOver = false;
        var loading = GapMeter.RunAsync(
            FewCallers, _ => SubmitAsync(cluster, 0, Put(small)), () => Volatile.Read(ref isOver));
        await cluster.Silos.StopAsync(follower.Silo!);
        var began = Stopwatch.GetTimestamp();
        await cluster.Silos.RestartAsync(follower.Silo!);
        var after = await cluster.WaitAsync(
            Group,
            status =>
                status.Replicas.Any(replica => replica.Replica == follower.Replica && replica.StateBytes > 0 && replica.Applied > follower.Applied),
            "the restarted replica catches up");
        var took = Stopwatch.GetElapsedTime(began);
        Volatile.Write(ref isOver, true);
        var loaded = await loading;
        table.Below("a silo that holds the state is started again and has caught up after", took.TotalSeconds, 15, "s");
        table.Below("changes of the leader meanwhile", after.Term - before.Term, 0, "");
        table.Told("the longest time without a write meanwhile", loaded.Gap.TotalMilliseconds, "ms");
        await cluster.TellGapsAsync(loaded);

        // The store is shared: once the silo is back, the one that had no replica is as good a place.
        var place = after.Replicas.First(replica => replica.Replica == follower.Replica).Silo!;
        TellPeak("peak memory of the silo where the replica is then, for one of the state", ProcessMemory.Peak(cluster.Silos.ProcessOf(place).Id));
    }

    private async Task<GapResult> LoadAsync(
        LargeCluster cluster, int callers, byte[] written, TimeSpan least, Func<LargeStatus, bool>? until)
    {
        var isOver = false;
        var began = Stopwatch.GetTimestamp();
        var loading = GapMeter.RunAsync(callers, caller => SubmitAsync(cluster, caller, Put(written)), () => Volatile.Read(ref isOver));
        await cluster.WaitAsync(
            Group, status => Stopwatch.GetElapsedTime(began) >= least && (until is null || until(status)), "a load reaches its end");
        Volatile.Write(ref isOver, true);
        var loaded = await loading;
        await Console.Error.WriteLineAsync($"{loaded}");
        await cluster.TellGapsAsync(loaded);
        return loaded;
    }

    private void TellPeaks(LargeCluster cluster, Dictionary<int, long> started, string what)
    {
        var most = Processes(cluster).Max(process => ProcessMemory.Peak(process.Id) - started.GetValueOrDefault(process.Id));
        TellPeak(what, most);
    }

    private void TellPeak(string what, long peak) => table.Below(what, (double)peak / bytes, 1.5, "");

    /// <summary>Where the memory is: what the collector has, by silo. A row is what is left when it has collected everything.</summary>
    private static async Task TellMemoryAsync(LargeCluster cluster, string when)
    {
        for (var silo = 0; silo < cluster.Silos.Names.Count; silo++)
        {
            var process = cluster.Silos.ProcessOf(cluster.Silos.Names[silo]).Id;
            await Console.Error.WriteLineAsync(
                $"{when}, {cluster.Silos.Names[silo]}: resident {ProcessMemory.Now(process) >> 20}, peak {ProcessMemory.Peak(process) >> 20} MiB; "
                    + $"{await TryLookAsync(cluster, silo)}");
        }
    }

    /// <returns>A sentence; the client of a silo that was restarted may not have found it again.</returns>
    private static async Task<string> TryLookAsync(LargeCluster cluster, int silo)
    {
        try
        {
            return (await cluster.Grains(silo).GetGrain<ILargeView>(0).LookAtMemoryAsync()).ToString();
        }
        catch (Exception exception) when (exception is not OutOfMemoryException)
        {
            return exception.Message;
        }
    }

    private async Task TellLiveAsync(LargeCluster cluster)
    {
        var status = await cluster.LookAsync(Group);
        var silo = cluster.Silos.Names.ToList().IndexOf(status.Replicas.First(replica => replica.Replica == status.Leader).Silo!);
        table.Told(
            "what lives on the heap of a silo that holds the state, for one of the state",
            (double)await cluster.Grains(silo).GetGrain<ILargeView>(0).CollectAsync() / bytes,
            "");
    }

    private static IEnumerable<Testbed.Processes.OraftProcess> Processes(LargeCluster cluster) => cluster.Silos.Names.Select(cluster.Silos.ProcessOf);

    private static bool IsEqual(LargeStatus status) =>
        status.Leader != 0
        && status.Replicas.All(static replica => replica.Applied >= 0)
        && status.Replicas.Select(static replica => replica.Applied).Distinct().Count() == 1;

    private LargeCommand Put(byte[] written) => new(Random.Shared.NextInt64(count), 1, 0, written);

    private static async Task SubmitAsync(LargeCluster cluster, int caller, LargeCommand command)
    {
        var outcome = await cluster.Grains(caller % cluster.Clients.Count)
            .GetRaftGroup<LargeCommand, long>(LargeMachine.SetName, "key")
            .SubmitAsync(command);
        if (outcome is not Committed<long>)
        {
            throw new InvalidOperationException(outcome.ToString());
        }
    }

    private static byte[] RandomBytes(int length)
    {
        var bytes = new byte[length];
        new Random(1).NextBytes(bytes);
        return bytes;
    }
}
