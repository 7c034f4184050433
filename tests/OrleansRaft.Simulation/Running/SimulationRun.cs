using OrleansRaft.Core;
using OrleansRaft.Lab;
using OrleansRaft.Simulation.Checking;
using OrleansRaft.Simulation.Clients;
using OrleansRaft.Simulation.Faults;
using OrleansRaft.Simulation.Machine;

namespace OrleansRaft.Simulation.Running;

/// <summary>Runs one plan from its first step to its verdict.</summary>
internal sealed class SimulationRun : IDisposable
{
    private static readonly TimeSpan UntilStartedAgain = TimeSpan.FromMilliseconds(300);
    private static readonly TimeSpan UntilMended = TimeSpan.FromSeconds(10);

    private readonly SimulationPlan plan;
    private readonly Ledger ledger;
    private readonly MachineTroubles troubles;
    private readonly LabCluster cluster;
    private readonly FaultInjector injector;
    private readonly Workload workload;
    private readonly Story? story;
    private readonly HashSet<(string Group, LogIndex Entry)> known = [];
    private readonly HashSet<string> diverged = [];
    private int wrongStates;

    private SimulationRun(SimulationPlan plan, bool tellsStory)
    {
        this.plan = plan;
        ledger = new Ledger((property, detail) => cluster!.Report(property, detail));
        troubles = new MachineTroubles(
            node => plan.RunsMachinesApart && cluster!.Nodes[node].IsInTurn,
            node => Kill(cluster!.Nodes[node]),
            (property, detail) => cluster!.Report(property, detail),
            plan.Deviation,
            !plan.ProgramsWriteAlike,
            plan.MakesInVain);
        foreach (var (node, build) in plan.FirstBuilds.Index())
        {
            troubles.On(node).Build = build;
        }

        cluster = new LabCluster(new LabOptions
        {
            Nodes = plan.Nodes,
            Replicas = plan.Replicas,
            Groups = [.. Enumerable.Range(0, plan.Groups).Select(number => $"group-{number}")],
            Seed = plan.Seed,
            Raft = plan.Raft,
            SharedDisks = plan.SharedDisks,
            EncodeMessages = plan.EncodeMessages,
            TellsLosses = plan.TellsLosses,
            StateMachine = (replica, node) => RegisterMachine.Host(replica, ledger, troubles.On(node), plan.HasViews, plan.MeasuresStates),
            RunsMachinesApart = plan.RunsMachinesApart,
            Workers = plan.Workers,
            CarriesPulses = plan.CarriesPulses,
            FirstLevels = plan.FirstLevels,
        });
        story = tellsStory ? new Story(cluster.Clock) : null;
        cluster.EntrySkipped = OnSkipped;
        cluster.Diverged = OnDiverged;
        cluster.Observer = story is null ? null : story.Tell;
        workload = new Workload(cluster, plan.Clients with { ForgetsMarks = plan.ForgetsMarks }, ledger, plan.Seed + 1, Tell);
        injector = new FaultInjector(cluster, workload, troubles, Tell);
    }

    /// <summary>Runs a plan.</summary>
    /// <param name="plan">What is to happen.</param>
    /// <param name="tellsStory">Whether to write a transcript.</param>
    public static SimulationResult Execute(SimulationPlan plan, bool tellsStory = false)
    {
        using var run = new SimulationRun(plan, tellsStory);
        return run.Execute();
    }

    public void Dispose() => cluster.Dispose();

    private SimulationResult Execute()
    {
        foreach (var link in cluster.Network.Links)
        {
            link.LatencyMax = plan.LatencyMax;
        }

        foreach (var (node, rate) in cluster.Nodes.Zip(plan.ClockRates))
        {
            node.Clock.RatePerMillion = rate;
        }

        injector.Schedule(plan.Faults);
        workload.Start();
        CheckWork();
        try
        {
            cluster.Run(SimulationPlan.FaultsFor);
            Recover();
            CheckHistory();
        }
        catch (InvariantViolationException impossible)
        {
            cluster.Report("what is stored never contradicts itself", impossible.Message);
        }

        return new SimulationResult(
            plan,
            cluster.Violation,
            cluster.Clock.Steps,
            workload.History.Count,
            cluster.Clock.Now,
            Counts(),
            cluster.Digest,
            story?.Lines ?? []);
    }

    private SortedDictionary<FaultKind, int> Counts()
    {
        var counts = injector.Counts;
        if (wrongStates > 0)
        {
            counts.Add(FaultKind.WrongState, wrongStates);
        }

        return counts;
    }

    private void CheckWork()
    {
        if (cluster.Clock.Steps > SimulationPlan.StepsMax)
        {
            cluster.Report("the work of a run is bounded", $"{cluster.Clock.Steps} steps were taken: messages beget messages");
        }
        else
        {
            cluster.Clock.Schedule(TimeSpan.FromMilliseconds(100), CheckWork);
        }
    }

    private void OnSkipped(LabReplica replica, LogIndex entry, EntryId decision)
    {
        if (!known.Add((replica.Key.Group, entry)))
        {
            // Others learn of it later, when the entry may be gone from all logs.
            return;
        }

        var group = cluster.Group(replica.Key.Group);
        var log = group.Stored.Values.Select(static stored => stored.Log)
            .First(log => log.Start.Index < entry && log.IdAt(entry) is { } id && id == group.Checks.Committed.IdAt(entry));
        var body = log.Entries[(int)(entry - log.Start.Index) - 1].Body;
        if (workload.OperationOf(body) is { } operation)
        {
            ledger.OnSkipped(new SkippedOperation(operation.Group, operation.Key, operation.Id, entry, decision.Index, cluster.Clock.Steps));
        }
    }

    private void Tell(string what) => story?.Tell(what);

    /// <summary>A process ends on the spot, and whoever watches over it starts it again.</summary>
    private void Kill(LabNode node)
    {
        Tell($"! node {node.Index} is ended by what it applies");
        node.Crash();
        cluster.Clock.Schedule(UntilStartedAgain, () => VersionFaults.Start(node));
    }

    private void Recover()
    {
        if (cluster.Violation is not null)
        {
            return;
        }

        Tell("all faults end");
        injector.Calm(plan.LastBuild, plan.LastLevel);
        workload.Stop();
        var haveServed = workload.Probe();
        var end = cluster.Clock.Now + plan.RecoveryMax;
        if (cluster.RunUntil(haveServed, plan.RecoveryMax))
        {
            MembershipFaults.RetireStrangers(cluster);
        }

        if (!cluster.RunUntil(() => haveServed() && Convergence.IsReached(cluster), end - cluster.Clock.Now) && cluster.Violation is null)
        {
            cluster.Report(
                "within ten election timeouts after the last fault the groups serve and converge",
                $"a probe was {(haveServed() ? "served" : "not served")} everywhere; {Convergence.Describe(cluster)}");
        }

        new VersionEnd(cluster, plan, workload, troubles, Tell).Finish();
        if (plan.IsStillAtTheEnd)
        {
            new StillWater(cluster, plan, workload, Tell).Disturb();
        }

        if (plan.HaltsLeader)
        {
            new HaltedLeader(cluster, plan, workload, troubles, Tell).Disturb();
        }

        workload.Resume();
        cluster.RunUntil(
            () => workload.History.Count >= SimulationPlan.Operations && cluster.Clock.Now >= SimulationPlan.Length, SimulationPlan.Length);
        workload.Stop();
        cluster.RunUntil(() => workload.IsQuiet, plan.Clients.Patience + plan.RecoveryMax);
        CheckDigests();
    }

    /// <summary>Each run ends with a comparison of every group.</summary>
    private void CheckDigests()
    {
        if (plan.IsDivergenceExpected && cluster.Violation is null)
        {
            // What each replica made up itself, a snapshot of its leader may have replaced: one more command, and all differ again.
            var haveServed = workload.Probe();
            cluster.RunUntil(() => haveServed() && Convergence.IsReached(cluster), plan.RecoveryMax);
        }

        foreach (var group in cluster.Options.Groups)
        {
            if (cluster.Violation is null)
            {
                CheckDigests(group);
            }
        }
    }

    private void CheckDigests(string group)
    {
        Tell($"the replicas of {group} are compared");
        var comparison = new FinalComparison(cluster, group);
        var isSettled = comparison.RunUntil(
            made => comparison.IsWhole(made) && (plan.IsDivergenceExpected || !IsBeingMended(made)), plan.RecoveryMax + UntilMended);
        if (cluster.Violation is not null)
        {
            return;
        }

        if (!isSettled)
        {
            cluster.Report("replicas can be compared, and those that are wrong are mended", $"{group} at {comparison.Told}");
        }
        else if (FindDifference(comparison.Last!) is { } difference && !diverged.Contains(group))
        {
            cluster.Report("State Machine Safety", $"{group} at {comparison.Last!.Entry}: {difference}");
        }
        else if (plan.IsDivergenceExpected && CanDiffer(group) && !diverged.Contains(group))
        {
            cluster.Report("a machine that is not deterministic is noticed", $"{group} at {comparison.Told}");
        }
    }

    private bool IsBeingMended(Comparison made) => plan.MayDiverge && made.Verdict == ComparisonVerdict.Diverged;

    /// <summary>What the digests say by themselves, whatever the verdict: where programs write alike, programs make no difference.</summary>
    private string? FindDifference(Comparison made)
    {
        var states = made.Members.Where(static member => member.Digest is not null).Select(
            static member => (member.Replica, Digest: member.Digest!.Value));
        foreach (var alike in states.GroupBy(one => plan.ProgramsWriteAlike && !plan.MayDiverge ? 0 : one.Digest.Program))
        {
            if (alike.Select(static one => one.Digest.ToString()).Distinct().Count() > 1)
            {
                return string.Join(", ", alike.Select(static one => $"{one.Replica} has {one.Digest}"));
            }
        }

        return null;
    }

    /// <summary>A comparison found states that differ: that is never so where machines are right.</summary>
    private void OnDiverged(LabReplica replica, string detail)
    {
        diverged.Add(replica.Key.Group);
        wrongStates += replica.Driver.IsDiverged ? 1 : 0;
        if (!plan.MayDiverge)
        {
            cluster.Report("State Machine Safety", detail);
        }
    }

    /// <summary>Whether a group is left with replicas that do not happen to deviate alike.</summary>
    private bool CanDiffer(string group) => cluster.ReplicasOf(group)
        .GroupBy(static replica => replica.Machine.Program)
        .Any(alike => alike
            .Select(replica => plan.Deviation == Deviation.Order ? troubles.On(replica.Node.Index).IsBackwards ? 1 : 0 : replica.Node.Index)
            .Distinct()
            .Count() > 1);

    private void CheckHistory()
    {
        foreach (var register in workload.History.GroupBy(operation => (operation.Group, operation.Key)))
        {
            var verdict = cluster.Violation is null ? Linearizability.Check(WithoutSkipped(register), ledger.EntryOf) : Verdict.Linearizable;
            if (verdict != Verdict.Linearizable)
            {
                cluster.Report("linearizability", $"the history of {register.Key} is {verdict}:\n{string.Join('\n', register)}");
            }
        }

        foreach (var operation in workload.History)
        {
            if (operation.Status == OperationStatus.Refused && ledger.EntryOf(operation.Id) is { } entry && ledger.SkipOf(operation.Id) is null)
            {
                cluster.Report("a refused command changes nothing", $"{operation} was applied at {entry}");
            }
        }
    }

    /// <summary>
    /// A skipped operation takes no effect. If a replica had applied it, unknown to whoever skipped it, what was answered from that replica's state
    /// before the decision does not bind anybody after it: reads told what was to be lost, and writes took effect in another state.
    /// </summary>
    private IEnumerable<Operation> WithoutSkipped(IEnumerable<Operation> register)
    {
        foreach (var operation in register)
        {
            var isExcused = operation.Status == OperationStatus.Completed
                && ledger.Skipped.Any(skip => skip.Excuses(operation.Group, operation.Key, operation.Entry.Index, operation.Invoked));
            if (ledger.SkipOf(operation.Id) is null && (!isExcused || operation.IsWrite))
            {
                yield return isExcused ? operation.WithoutAnswer() : operation;
            }
        }
    }
}
