using System.Buffers;
using System.Globalization;
using OrleansRaft.Core;
using OrleansRaft.Runtime;

namespace OrleansRaft.Lab.Scenarios;

/// <summary>One play of a scenario: the cluster, the steps, and the recording.</summary>
internal sealed class ScenarioPlay : IPlayView
{
    /// <summary>The most events; a play that makes more ends early, and not as expected.</summary>
    private const long ClockStepsMax = 100_000;
    private const string Key = "x";
    private static readonly TimeSpan TimeMax = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan Epilogue = TimeSpan.FromSeconds(3);

    private readonly Scenario scenario;
    private readonly ScenarioCluster stage;
    private readonly PlayRecorder recorder;
    private int requests;

    public ScenarioPlay(Scenario scenario)
    {
        this.scenario = scenario;
        stage = new ScenarioCluster(scenario);
        recorder = new PlayRecorder(scenario, stage);
    }

    public IReadOnlyList<LabReplica?> Replicas => [.. Enumerable.Range(0, scenario.Nodes.Count).Select(stage.ReplicaOf)];

    public int? Leader => Cluster.LeaderOf(ScenarioCluster.Group)?.Node.Index;

    private LabCluster Cluster => stage.Lab;

    public long? ValueOf(int node) => stage.ValueOf(node);

    public ClientRequest? LastRequestOf(string client) => recorder.LastRequestOf(client);

    private bool IsTooMuch =>
        Cluster.Clock.Steps >= ClockStepsMax || recorder.Recording.States.Count >= Recording.StatesMax || recorder.Budget.IsSpent;

    /// <summary>Plays from the beginning to the end.</summary>
    public Recording Play()
    {
        using var cluster = Cluster;
        cluster.Observer = recorder.Observe;
        foreach (var intervention in scenario.Interventions)
        {
            cluster.Clock.Schedule(intervention.At, () => Do(intervention.Action, step: null));
        }

        recorder.Capture();
        foreach (var step in scenario.Steps)
        {
            if (IsTooMuch)
            {
                break;
            }

            Take(step);
        }

        // What a visitor does at the end should still be seen to work.
        if (scenario.Interventions.Count > 0)
        {
            Pass(static () => false, scenario.Interventions.Max(static one => one.At) + Epilogue - cluster.Clock.Now);
        }

        if (cluster.Violation is { } violation)
        {
            recorder.Check(
                scenario.Steps.Count,
                holds: false,
                new LocalizedText($"{violation.Property}: {violation.Detail}", $"{violation.Property}：{violation.Detail}"));
        }

        if (IsTooMuch)
        {
            recorder.Check(scenario.Steps.Count, holds: false, TooLong());
        }

        return recorder.Finish();
    }

    private void Take(ScenarioStep step)
    {
        if (step.Say is not null)
        {
            recorder.Say(step.Number, step.Say);
        }

        switch (step.Action)
        {
            case null:
                break;
            case WaitAction wait:
                Pass(static () => false, wait.For);
                break;
            case UntilAction until:
                Pass(() => HoldAll(until.Conditions), until.Limit);
                Check(step.Number, until.Conditions);
                break;
            case ExpectAction expect:
                Check(step.Number, expect.Conditions);
                break;
            default:
                Do(step.Action, step.Number);
                recorder.Capture();
                break;
        }
    }

    /// <summary>Lets time pass, within the limits that keep one visitor from using up the server.</summary>
    private void Pass(Func<bool> until, TimeSpan limit)
    {
        var left = TimeMax - Cluster.Clock.Now;
        Cluster.RunUntil(
            () =>
            {
                recorder.Capture();
                return until() || IsTooMuch;
            },
            TimeSpan.FromTicks(Math.Max(0, Math.Min(limit.Ticks, left.Ticks))));
        recorder.Capture();
    }

    private bool HoldAll(IReadOnlyList<Condition> conditions)
    {
        foreach (var condition in conditions)
        {
            // A condition looks at every node at most.
            recorder.Budget.Look(scenario.Nodes.Count);
            if (!condition.Holds(this))
            {
                return false;
            }
        }

        return true;
    }

    private LocalizedText TooLong() => new(
        FormattableString.Invariant(
            $"the play is short enough to be recorded whole: it was ended at {Cluster.Clock.Now.TotalMilliseconds:0} ms, since a play has at most ")
            + FormattableString.Invariant(
                $"{ClockStepsMax:N0} events, {Recording.StatesMax:N0} changes of nodes, {PlayBudget.LooksMax:N0} looks at nodes and entries, and ")
            + FormattableString.Invariant($"{PlayBudget.BytesMax / (1024 * 1024)} MB; give it fewer or shorter steps, or longer ticks"),
        FormattableString.Invariant($"剧情足够短，可以完整记录：播放在 {Cluster.Clock.Now.TotalMilliseconds:0} ms 处结束，因为一次播放最多有 ")
            + FormattableString.Invariant($"{ClockStepsMax:N0} 个事件、{Recording.StatesMax:N0} 次节点变化、{PlayBudget.LooksMax:N0} 次查看和 ")
            + FormattableString.Invariant($"{PlayBudget.BytesMax / (1024 * 1024)} MB；请减少或缩短步骤，或增大时钟间隔"));

    private void Check(int step, IReadOnlyList<Condition> conditions)
    {
        foreach (var condition in conditions)
        {
            recorder.Check(step, condition.Holds(this), condition.Text);
        }
    }

    private void Do(ScenarioAction action, int? step)
    {
        recorder.Act(step, action);
        switch (action)
        {
            case NodesAction nodes:
                foreach (var node in nodes.Nodes)
                {
                    DoTo(nodes.Kind, Cluster.Nodes[node]);
                }

                break;
            case LinkAction { Kind: "lose" } link:
                Cluster.Network[link.From, link.To].IsCut = true;
                break;
            case LinkAction link:
                Cluster.Cut(link.From, link.To);
                break;
            case SplitAction split:
                Cluster.Network.Partition(split.Side);
                break;
            case HealAction:
                Cluster.Heal();
                break;
            case DelayAction delay:
                var slow = Cluster.Network[delay.From, delay.To];
                slow.LatencyMin = slow.LatencyMax = delay.Takes;
                break;
            case TimeoutAction timeout:
                timeout.Timeouts.ToList().ForEach(one => Replicas[one.Node]?.Core?.SetElectionTimeout(one.Ticks));
                break;
            case ClientAction client:
                Ask(client, client.Times);
                break;
            default:
                throw new InvariantViolationException($"every action is done: {action.Kind} is not");
        }

        recorder.CaptureLinks();
    }

    private void DoTo(string kind, LabNode node)
    {
        switch (kind)
        {
            case "stop":
                node.Crash();
                break;
            case "start":
                node.Restart();
                break;
            case "pause":
                node.Pause();
                break;
            case "resume":
                node.Resume();
                break;
            case "campaign":
                node.Find(ScenarioCluster.Group)?.Driver.Post(new Campaign());
                break;
            case "isolate":
                Cluster.Network.Isolate(node.Index);
                break;
            default:
                throw new InvariantViolationException($"every action is done: {kind} is not");
        }
    }

    private void Ask(ClientAction client, int times)
    {
        if ((client.Via ?? Leader) is not { } node)
        {
            recorder.Ask(client, "-").Answer(Cluster.Clock.Now, "rejected", null, "No node leads, so there is none to ask.");
        }
        else
        {
            Send(client, node, recorder.Ask(client, scenario.Nodes[node]));
        }

        if (times > 1)
        {
            Cluster.Clock.Schedule(client.Every, () => Ask(client, times - 1));
        }
    }

    private void Send(ClientAction client, int node, ClientRequest request)
    {
        void Answered(ReplyBatch batch) => request.Answer(Cluster.Clock.Now, batch.Replies[0]);

        var to = new ReplicaId(node + 1);
        var isUp = client.Command is { } command
            ? Cluster.Submit(ScenarioCluster.Group, to, [Envelope(command)], Answered)
            : Cluster.Query(
                ScenarioCluster.Group,
                to,
                [new QueryEnvelope(Key, Encode(default))],
                client.IsStale ? ReadConsistency.Stale : ReadConsistency.Linearizable,
                Answered);
        if (!isUp)
        {
            request.Answer(Cluster.Clock.Now, "rejected", null, $"{scenario.Nodes[node]} does not run.");
        }
    }

    private ReadOnlyMemory<byte> Envelope(RegisterCommand command)
    {
        // Far enough to outlast any play, and within the time for which request ids are remembered.
        var deadline = new LogTime((long)(TimeMax * 2).TotalMilliseconds);
        return CommandEnvelopeCodec.Encode(
            CommandEnvelope.ForRequest(Key, Encode(command), deadline, (++requests).ToString(CultureInfo.InvariantCulture)));
    }

    private static ReadOnlyMemory<byte> Encode(RegisterCommand command)
    {
        var bytes = new ArrayBufferWriter<byte>();
        ScenarioCluster.Codec.Write(command, bytes);
        return bytes.WrittenMemory;
    }
}
