namespace OrleansRaft.Lab.Scenarios;

/// <summary>Everything that happened when a scenario was played. Times are virtual, in milliseconds since the beginning.</summary>
internal sealed class Recording
{
    /// <summary>The most messages that are kept.</summary>
    public const int MessagesMax = 20_000;

    /// <summary>The most changes of nodes; a play that makes more ends early, and not as expected.</summary>
    public const int StatesMax = 50_000;

    internal Recording(Scenario scenario) => Scenario = scenario;

    /// <summary>What was played.</summary>
    public Scenario Scenario { get; }

    /// <summary>When it ended.</summary>
    public double Duration { get; internal set; }

    /// <summary>What was told, in order.</summary>
    public IList<Caption> Captions { get; } = [];

    /// <summary>What was done to the cluster, in order.</summary>
    public IList<RecordedAction> Actions { get; } = [];

    /// <summary>The nodes, whenever one changed.</summary>
    public IList<NodeState> States { get; } = [];

    /// <summary>What each entry says, by its index and term.</summary>
    public IDictionary<(long Index, long Term), string> Entries { get; } = new SortedDictionary<(long Index, long Term), string>();

    /// <summary>The messages, in the order in which they were sent.</summary>
    public IList<RecordedMessage> Messages { get; } = [];

    /// <summary>Which directions were cut from when on, in order.</summary>
    public IList<LinksState> Links { get; } = [];

    /// <summary>What clients asked, in order.</summary>
    public IList<ClientRequest> Clients { get; } = [];

    /// <summary>What was expected, in order.</summary>
    public IList<Check> Checks { get; } = [];

    /// <summary>How many messages there were beyond <see cref="MessagesMax"/>.</summary>
    public int MessagesLeftOut { get; internal set; }

    /// <summary>Whether everything went as expected.</summary>
    public bool IsAsExpected => Checks.All(static check => check.Holds);
}

/// <summary>Something that is told.</summary>
/// <param name="At">When.</param>
/// <param name="Step">By which step.</param>
/// <param name="Text">What.</param>
internal sealed record Caption(double At, int Step, LocalizedText Text);

/// <summary>Something that was done to the cluster.</summary>
/// <param name="At">When.</param>
/// <param name="Step">By which step; null for an intervention.</param>
/// <param name="Kind">The word for it.</param>
/// <param name="Text">What, in words.</param>
internal sealed record RecordedAction(double At, int? Step, string Kind, LocalizedText Text);

/// <summary>A node from a moment on.</summary>
/// <param name="At">When.</param>
/// <param name="Node">Its name.</param>
/// <param name="IsUp">Whether it runs.</param>
/// <param name="IsPaused">Whether it is frozen.</param>
/// <param name="Role">Its role.</param>
/// <param name="Term">Its term.</param>
/// <param name="VotedFor">The node that it voted for in this term; null for none.</param>
/// <param name="Leader">The leader it knows; null for none.</param>
/// <param name="Commit">Its commit index.</param>
/// <param name="Applied">The last entry it has applied.</param>
/// <param name="Value">The value it holds.</param>
/// <param name="First">The index of its log's first entry.</param>
/// <param name="Log">The terms of its entries.</param>
/// <param name="Snapshot">The last entry of its snapshot; 0 for none.</param>
/// <param name="Timer">Its election timer; null when none runs.</param>
/// <param name="Progress">What a leader knows of the others; empty elsewhere.</param>
internal sealed record NodeState(
    double At,
    string Node,
    bool IsUp,
    bool IsPaused,
    string Role,
    long Term,
    string? VotedFor,
    string? Leader,
    long Commit,
    long Applied,
    long Value,
    long First,
    IReadOnlyList<long> Log,
    long Snapshot,
    ElectionTimer? Timer,
    IReadOnlyList<PeerProgress> Progress);

/// <summary>An election timer.</summary>
/// <param name="Started">When it was last reset.</param>
/// <param name="Timeout">How long it runs.</param>
internal sealed record ElectionTimer(double Started, double Timeout);

/// <summary>What a leader knows of another node.</summary>
/// <param name="Node">Its name.</param>
/// <param name="Match">The last entry known to be durable there.</param>
/// <param name="Next">The next entry to send.</param>
/// <param name="Sent">How many bytes of a snapshot it has acknowledged, while it receives one.</param>
/// <param name="Size">How many bytes that snapshot has; 0 for none.</param>
internal sealed record PeerProgress(string Node, long Match, long Next, long Sent, long Size);

/// <summary>A message.</summary>
internal sealed record RecordedMessage
{
    /// <summary>When it was sent.</summary>
    public required double Sent { get; init; }

    /// <summary>When it arrives; null when it is lost.</summary>
    public double? Arrives { get; internal set; }

    /// <summary>By which node.</summary>
    public required string From { get; init; }

    /// <summary>To which node.</summary>
    public required string To { get; init; }

    /// <summary>What it is.</summary>
    public required string Kind { get; init; }

    /// <summary>Its term.</summary>
    public required long Term { get; init; }

    /// <summary>Its last entry: sent, matched, or the end of the sender's log.</summary>
    public required long Index { get; init; }

    /// <summary>How many entries it carries.</summary>
    public required int Entries { get; init; }

    /// <summary>Whether it refuses what was asked.</summary>
    public required bool IsRejected { get; init; }
}

/// <summary>Which directions are cut from a moment on.</summary>
/// <param name="At">When.</param>
/// <param name="Cut">From which node to which.</param>
internal sealed record LinksState(double At, IReadOnlyList<(string From, string To)> Cut);

/// <summary>Something that was expected.</summary>
/// <param name="At">When it was looked at.</param>
/// <param name="Step">By which step.</param>
/// <param name="Holds">Whether it was so.</param>
/// <param name="Text">What was expected.</param>
internal sealed record Check(double At, int Step, bool Holds, LocalizedText Text);
