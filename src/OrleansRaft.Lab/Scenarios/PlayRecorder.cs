using System.Runtime.CompilerServices;
using OrleansRaft.Core;
using OrleansRaft.Runtime.Diagnostics;

namespace OrleansRaft.Lab.Scenarios;

/// <summary>Notes down what happens in a play.</summary>
internal sealed class PlayRecorder
{
    // About what each takes as JSON.
    private const int StateBytes = 300;
    private const int TermBytes = 4;
    private const int PeerBytes = 60;
    private const int LinkBytes = 20;
    private const int RequestBytes = 300;
    private const int MessageBytes = 150;

    private readonly Scenario scenario;
    private readonly ScenarioCluster cluster;
    private readonly Dictionary<(Message Message, ReplicaId To), RecordedMessage> onTheWay = new(new BySelf());
    private readonly Dictionary<string, ClientRequest> latest = new(StringComparer.Ordinal);
    private readonly NodeWatch[] watches;

    public PlayRecorder(Scenario scenario, ScenarioCluster cluster)
    {
        this.scenario = scenario;
        this.cluster = cluster;
        Recording = new Recording(scenario);
        watches = [.. Enumerable.Range(0, scenario.Nodes.Count).Select(node => new NodeWatch(scenario, cluster, node, Recording.Entries, Budget))];
    }

    /// <summary>What the play may still cost.</summary>
    public PlayBudget Budget { get; } = new();

    /// <summary>What was noted so far.</summary>
    public Recording Recording { get; }

    private double Now => cluster.Lab.Clock.Now.TotalMilliseconds;

    /// <summary>Notes what the cluster tells.</summary>
    public void Observe(LabEvent happened)
    {
        switch (happened)
        {
            case LabMessageCarried carried:
                Note(carried);
                break;
            case LabMessageLost lost when onTheWay.TryGetValue((lost.Message, lost.To), out var message):
                message.Arrives = null;
                break;
        }
    }

    /// <summary>Notes every node that is another than before.</summary>
    public void Capture()
    {
        Budget.Look(watches.Length);
        foreach (var watch in watches)
        {
            if (watch.Look() is { } state)
            {
                Recording.States.Add(state);
                Budget.Record(StateBytes + (state.Log.Count * TermBytes) + (state.Progress.Count * PeerBytes));
            }
        }
    }

    /// <summary>Notes which links are cut, if these are others than before.</summary>
    public void CaptureLinks()
    {
        var names = scenario.Nodes;
        List<(string From, string To)> cut =
        [
            .. from source in Enumerable.Range(0, names.Count)
               from target in Enumerable.Range(0, names.Count)
               where source != target && cluster.Lab.Network[source, target].IsCut
               select (names[source], names[target]),
        ];
        if (!cut.SequenceEqual(Recording.Links.LastOrDefault()?.Cut ?? []))
        {
            Recording.Links.Add(new LinksState(Now, cut));
            Budget.Record(cut.Count * LinkBytes);
        }
    }

    /// <summary>Tells something.</summary>
    public void Say(int step, LocalizedText text) => Recording.Captions.Add(new Caption(Now, step, text));

    /// <summary>Notes what is done to the cluster.</summary>
    public void Act(int? step, ScenarioAction action) =>
        Recording.Actions.Add(new RecordedAction(Now, step, action.Kind, ScenarioActionText.Of(action, scenario.Nodes)));

    /// <summary>Notes what was expected.</summary>
    public void Check(int step, bool holds, LocalizedText text) => Recording.Checks.Add(new Check(Now, step, holds, text));

    /// <summary>Notes a request.</summary>
    public ClientRequest Ask(ClientAction client, string via)
    {
        var request = new ClientRequest { Client = client.Client, Command = client.Text, Via = via, Sent = Now };
        Recording.Clients.Add(request);
        latest[client.Client] = request;
        Budget.Record(RequestBytes);
        return request;
    }

    /// <summary>The latest request of a client.</summary>
    public ClientRequest? LastRequestOf(string client) => latest.GetValueOrDefault(client);

    /// <summary>Ends the recording.</summary>
    public Recording Finish()
    {
        Capture();
        Recording.Duration = Now;
        return Recording;
    }

    private void Note(LabMessageCarried carried)
    {
        if (Recording.Messages.Count >= Recording.MessagesMax)
        {
            Recording.MessagesLeftOut++;
            return;
        }

        var (kind, index, entries, isRejected) = MessageSummary.Of(carried.Message);
        var message = new RecordedMessage
        {
            Sent = Now,
            Arrives = carried.Arrives?.TotalMilliseconds,
            From = scenario.Nodes[(int)carried.From.Value - 1],
            To = scenario.Nodes[(int)carried.To.Value - 1],
            Kind = kind,
            Term = carried.Message.Term.Value,
            Index = index,
            Entries = entries,
            IsRejected = isRejected,
        };
        Recording.Messages.Add(message);
        Budget.Record(MessageBytes);
        onTheWay[(carried.Message, carried.To)] = message;
    }

    // Two messages that say the same are two messages.
    private sealed class BySelf : IEqualityComparer<(Message Message, ReplicaId To)>
    {
        public bool Equals((Message Message, ReplicaId To) x, (Message Message, ReplicaId To) y) =>
            ReferenceEquals(x.Message, y.Message) && x.To == y.To;

        public int GetHashCode((Message Message, ReplicaId To) obj) => HashCode.Combine(RuntimeHelpers.GetHashCode(obj.Message), obj.To);
    }
}
