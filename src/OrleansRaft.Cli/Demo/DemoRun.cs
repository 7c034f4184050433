using System.Net;
using OrleansRaft.Cli.Client;
using OrleansRaft.Cli.CommandLine;
using OrleansRaft.Cli.Serve;

namespace OrleansRaft.Cli.Demo;

/// <summary>The demo from start to summary, with or without a screen.</summary>
internal sealed class DemoRun : IAsyncDisposable
{
    private static readonly TimeSpan Beat = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan ReadyTimeMax = TimeSpan.FromSeconds(60);

    private readonly TimeProvider time;
    private readonly OraftClient client;
    private readonly List<DemoFault> faults = [];
    private readonly HashSet<DemoSilo> evicted = [];
    private readonly Dictionary<string, long> leaderless = new(StringComparer.Ordinal);
    private readonly long began;
    private Task healing = Task.CompletedTask;
    private Task<IReadOnlyList<GroupAnswer>>? asking;

    private DemoRun(DemoCluster cluster, DemoStory story, int rate, TimeProvider time)
    {
        this.time = time;
        began = time.GetTimestamp();
        Cluster = cluster;
        Story = story;
        client = new OraftClient(new ServerAccess(cluster.Door.Address), TimeSpan.FromSeconds(5));
        Load = new DemoLoad(cluster.Door.Address, rate, time);
    }

    /// <summary>The silos.</summary>
    public DemoCluster Cluster { get; }

    /// <summary>The users.</summary>
    public DemoLoad Load { get; }

    /// <summary>What happened.</summary>
    public DemoStory Story { get; }

    /// <summary>The groups, as last seen.</summary>
    public IReadOnlyList<GroupAnswer> Groups { get; private set; } = [];

    /// <summary>Starts the cluster, waits until every group has a leader, and starts the load.</summary>
    /// <param name="story">Where what happens is told.</param>
    /// <param name="http">Where the page and the API listen; null: on the usual port, or on a free one when that is taken.</param>
    /// <param name="rate">How many increments a second its load makes, at most.</param>
    /// <param name="time">The clock.</param>
    /// <param name="cancellation">Interrupts.</param>
    /// <exception cref="CliException">The address is taken, or the silos do not start.</exception>
    public static async Task<DemoRun> BeginAsync(
        DemoStory story, IPEndPoint? http, int rate, TimeProvider time, CancellationToken cancellation)
    {
        story.Tell($"starting {DemoClusterParts.Replicas} silos in this process, {DemoClusterParts.Groups} Raft groups with a replica on each");
        var cluster = await DemoCluster.CreateAsync(time);
        try
        {
            story.Tell($"each keeps its logs under {cluster.Folder}, removed at the end");
            await cluster.StartAsync(http, cancellation);
        }
        catch (Exception failure) when (failure is not OperationCanceledException)
        {
            await cluster.DisposeAsync();
            throw StartupFailures.Explain(failure);
        }

        var run = new DemoRun(cluster, story, rate, time);
        try
        {
            await run.WaitUntilReadyAsync(cancellation);
            story.Tell($"the page and the API are at {cluster.Door.Address}");
            run.Load.Start();
            story.Tell($"{DemoLoad.Writers} users add to counters of tenant '{DemoLoad.Tenant}', one by one");
            story.Tell("try `oraft status` or `oraft counter add you hello` in another terminal");
            return run;
        }
        catch (Exception)
        {
            await run.DisposeAsync();
            throw;
        }
    }

    /// <summary>Runs for a time without anybody watching.</summary>
    public async Task PlayUnattendedAsync(TimeSpan length, CancellationToken cancellation)
    {
        var start = time.GetTimestamp();
        var script = new Queue<(TimeSpan At, Action Do)>([(length / 3, KillLeader), (length * 2 / 3, () => BeginHealing(cancellation))]);
        while (time.GetElapsedTime(start) < length && !cancellation.IsCancellationRequested)
        {
            await BeatAsync(cancellation);
            if (script.TryPeek(out var next) && time.GetElapsedTime(start) >= next.At)
            {
                script.Dequeue().Do();
            }
        }
    }

    /// <summary>Takes in what happened since the last beat, and rests a little.</summary>
    public async Task BeatAsync(CancellationToken cancellation)
    {
        TellElections();
        RestartEvicted(cancellation);
        RefreshGroups();
        if (faults.Find(fault => fault.WritesStoppedFor is null) is { HasElected: true } fault && Load.Meter.HasRecovered())
        {
            TellRecovery(fault);
        }

        try
        {
            await Task.Delay(Beat, time, cancellation);
        }
        catch (OperationCanceledException)
        {
            // The caller sees it too.
        }
    }

    /// <summary>Kills the silo that leads the most groups.</summary>
    public void KillLeader() => Strike("killed", silo => silo.Kill());

    /// <summary>Cuts the silo that leads the most groups off from the others.</summary>
    public void IsolateLeader() => Strike("cut off", silo => silo.Isolate());

    /// <summary>Brings every silo back, in the background.</summary>
    public void BeginHealing(CancellationToken cancellation) => BeginHealing(_ => true, cancellation);

    /// <summary>Ends the load, compares every counter with what was acknowledged, and prints the summary.</summary>
    public async Task<LedgerVerdict> FinishAsync()
    {
        Story.Tell("the users finish, and every counter is read back");
        await healing;
        var verdict = await Load.SettleAsync();
        TellElections();
        var (perSecond, p50, p99) = Load.Meter.Summarize();
        Story.Write("");
        Story.Write(
            $"{verdict.Acknowledged} increments acknowledged in {Story.Elapsed.TotalSeconds:0.0} s, {perSecond:0}/s, p50 {p50 / 1000.0:0.0} ms, "
                + $"p99 {p99 / 1000.0:0.0} ms");
        foreach (var fault in faults)
        {
            Story.Write(fault.HasElected
                ? $"{fault.Silo}, which led {fault.Led} of {DemoClusterParts.Groups} groups, was {fault.What}: "
                    + $"new leaders after {fault.ElectedAfter.TotalMilliseconds:0} ms"
                : $"{fault.Silo}, which led {fault.Led} of {DemoClusterParts.Groups} groups, was {fault.What}: some had no new leader by the end");
        }

        Story.Write(
            $"writes stopped for {Load.Meter.LongestGap.TotalMilliseconds:0} ms at most: "
                + "the longest any user waited from one acknowledgement to the next");
        Story.Write($"{LossOf(verdict)} ({DemoLoad.Writers} counters read back{(verdict.Open > 0 ? $", {verdict.Open} increments left open" : "")})");
        return verdict;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await Load.DisposeAsync();
        client.Dispose();
        await Cluster.DisposeAsync();
    }

    private static string LossOf(LedgerVerdict verdict) =>
        $"{verdict.Lost} acknowledged increments lost, {verdict.Twice} applied twice";

    private async Task WaitUntilReadyAsync(CancellationToken cancellation)
    {
        // Readiness is about one silo; the users need leaders.
        while (!await HasLeadersAsync())
        {
            TellElections();
            if (time.GetElapsedTime(began) > ReadyTimeMax)
            {
                throw new CliException(
                    ExitCode.NoLeader,
                    $"some group still has no leader after {ReadyTimeMax.TotalSeconds:0} s.",
                    "Try again on a machine with less to do.");
            }

            await Task.Delay(Beat, time, cancellation);
        }

        TellElections();
    }

    private async Task<bool> HasLeadersAsync()
    {
        Groups = await ListGroupsAsync();
        return Groups.Count > 0 && Groups.All(static group => group.Leader is not null);
    }

    private void BeginHealing(Func<DemoSilo, bool> which, CancellationToken cancellation)
    {
        if (healing.IsCompleted)
        {
            healing = HealAsync(which, cancellation);
        }
    }

    /// <summary>Starts silos again that ended because the others had declared them dead, as a supervisor of real processes would.</summary>
    private void RestartEvicted(CancellationToken cancellation)
    {
        if (healing.IsCompleted && Cluster.Silos.FirstOrDefault(silo => silo.IsEvicted && !evicted.Contains(silo)) is { } silo)
        {
            evicted.Add(silo);
            Story.Tell($"{silo.Identity.Name} was declared dead by the others and ended; it is started again");
            BeginHealing(other => other == silo, cancellation);
        }
    }

    private void Strike(string what, Action<DemoSilo> strike)
    {
        if (Cluster.FindLeader(Groups) is not { } silo)
        {
            Story.Tell("no running silo leads a group at the moment; press h to heal");
            return;
        }

        string[] led = [.. Groups.Where(group => group.LeaderReplica?.Silo == silo.Identity.Name).Select(group => group.Group)];
        var at = time.GetTimestamp();
        foreach (var group in led)
        {
            leaderless[group] = at;
        }

        Load.Meter.MarkFault();
        strike(silo);
        faults.Add(new DemoFault(what, silo.Identity.Name, led, at, time));
        Story.Tell($"{silo.Identity.Name}, which led {string.Join(", ", led)}, is {what}");
    }

    private void TellElections()
    {
        while (Cluster.Events.TryTake(out var election))
        {
            faults.ForEach(fault => fault.Note(election));
            var outage = leaderless.Remove(election.Group, out var lost) ? $" ({time.GetElapsedTime(lost, election.At).TotalMilliseconds:0} ms)" : "";
            Story.Tell(
                $"replica {election.Replica} became leader of {election.Group} in term {election.Term} with {election.Votes} of "
                    + $"{election.Voters} votes{outage}");
        }
    }

    private void TellRecovery(DemoFault fault)
    {
        fault.WritesStoppedFor = Load.Meter.GapSinceFault;
        var leaders = Groups.Select(group => group.LeaderReplica?.Silo).Where(name => name is not null && name != fault.Silo).Distinct();
        Story.Tell(
            $"new leader {string.Join(", ", leaders)} after {fault.ElectedAfter.TotalMilliseconds:0} ms; "
                + $"writes stopped for {Load.Meter.GapSinceFault.TotalMilliseconds:0} ms at most; {LossOf(Load.Verdict)} so far");
    }

    private async Task HealAsync(Func<DemoSilo, bool> which, CancellationToken cancellation)
    {
        try
        {
            var healed = await Cluster.HealAsync(which, cancellation);
            Story.Tell(healed.Count == 0 ? "there is nothing to heal" : $"{string.Join(", ", healed)} is back and catches up");
        }
        catch (Exception failure) when (!cancellation.IsCancellationRequested)
        {
            Story.Tell($"healing failed: {StartupFailures.Explain(failure).Message}");
        }
        catch (OperationCanceledException)
        {
            // The demo ends.
        }
    }

    /// <summary>Asks for the groups in the background: during a fault the answer may take a while, and the screen must not wait.</summary>
    private void RefreshGroups()
    {
        if (asking is { IsCompletedSuccessfully: true })
        {
            Groups = asking.Result;
        }

        if (asking is null or { IsCompleted: true })
        {
            asking = Task.Run(ListGroupsAsync);
        }
    }

    private async Task<IReadOnlyList<GroupAnswer>> ListGroupsAsync()
    {
        try
        {
            var groups = new List<GroupAnswer>();
            await foreach (var group in client.ListGroupsAsync(CancellationToken.None))
            {
                groups.Add(group.Value);
            }

            return groups;
        }
        catch (CliException)
        {
            return Groups;
        }
    }
}
