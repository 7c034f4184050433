using OrleansRaft.Runtime;

namespace OrleansRaft.Simulation.Machine;

/// <summary>What is wrong with the state machines of one node, as faults decide: they throw, and they see who calls them.</summary>
/// <param name="node">The node's number.</param>
/// <param name="mayNotRun">Whether no user's code may run at this moment.</param>
/// <param name="report">Told of a property that does not hold, and the detail.</param>
internal sealed class MachineTrouble(int node, Func<bool> mayNotRun, Action<string, string> report)
{
    /// <summary>How many commands throw before all is well again.</summary>
    public int ThrowsLeft { get; set; }

    /// <summary>While it is not zero, every command throws whose operation leaves this remainder, again and again.</summary>
    public (long Divisor, long Remainder) Poison { get; set; }

    /// <summary>While it is not zero, every command whose operation leaves this remainder ends the process that applies it.</summary>
    public (long Divisor, long Remainder) Deadly { get; set; }

    public const int OldBuild = 1;
    public const int NewBuild = 2;

    /// <summary>Which build of the machine runs; changed only while the node's process does not.</summary>
    public int Build { get; set; } = OldBuild;

    /// <summary>Which program runs: another one may do what the last one could not.</summary>
    public ulong Program { get; set; } = 1;

    /// <summary>Ends the process because of an operation that a replica applies.</summary>
    public required Action<ReplicaKey, long> Die { get; init; }

    /// <summary>How the node's machines are not deterministic.</summary>
    public Deviation Deviation { get; set; }

    /// <summary>Whether they write what they hold backwards.</summary>
    public bool IsBackwards => Deviation == Deviation.Order && IsOdd;

    /// <summary>Whether they are those of every other node.</summary>
    public bool IsOdd => node % 2 == 1;

    /// <summary>Whether what throws once does so after a restart as well, where machines are made.</summary>
    public bool AreMadeInVain { get; init; }

    /// <summary>How many machines are made in vain before all is well again: their constructors throw.</summary>
    public int UnmadeLeft { get; set; }

    /// <summary>
    /// The operation up to which nothing is poisoned: what everybody has applied long since does not halt anybody who applies it anew.
    /// </summary>
    public long PoisonAfter { get; set; }

    /// <summary>Whether queries throw.</summary>
    public bool QueriesThrow { get; set; }

    public void OnMake()
    {
        if (UnmadeLeft > 0)
        {
            UnmadeLeft--;
            throw new SimulatedException("a machine cannot be made this time");
        }
    }

    public void OnApply(ReplicaKey replica, long operation)
    {
        OnCall();
        if (Deadly.Divisor != 0 && operation % Deadly.Divisor == Deadly.Remainder)
        {
            Die(replica, operation);
            throw new SimulatedException($"operation {operation} ended the process");
        }

        if (ThrowsLeft > 0)
        {
            ThrowsLeft--;
            throw new SimulatedException($"operation {operation} throws this time");
        }

        if (Poison.Divisor != 0 && operation > PoisonAfter && operation % Poison.Divisor == Poison.Remainder)
        {
            throw new SimulatedException($"operation {operation} throws here");
        }
    }

    /// <summary>
    /// How many commands change more than they should before all is well again: as a bit that flips in memory does, nothing shows it.
    /// </summary>
    public int DriftsLeft { get; set; }

    /// <summary>Whether programs write the same states in bytes of their own.</summary>
    public bool WritesProgram { get; init; }

    /// <summary>What a command changes that it should not: something that no other node makes up for it; 0 for a machine that is right.</summary>
    public long MakeUp(long operation)
    {
        if (Deviation != Deviation.Randomness && DriftsLeft == 0)
        {
            return 0;
        }

        DriftsLeft = Math.Max(0, DriftsLeft - 1);
        return unchecked(((operation << 8) + node + 1) * 0x5851F42D4C957F2D);
    }

    public void OnQuery(long operation)
    {
        OnCall();
        if (QueriesThrow)
        {
            throw new SimulatedException($"query {operation} throws");
        }
    }

    public void OnCall()
    {
        if (mayNotRun())
        {
            report("a user's machine never runs on the turn that steps Raft", $"it did on node {node}");
        }
    }

    private sealed class SimulatedException(string message) : Exception(message);
}

/// <summary>The troubles of all nodes.</summary>
/// <param name="mayNotRun">Whether no user's code may run on a node at this moment.</param>
/// <param name="kill">Ends the process of a node; somebody starts it again.</param>
/// <param name="report">Told of a property that does not hold, and the detail.</param>
/// <param name="deviation">How machines are not deterministic.</param>
/// <param name="writesProgram">Whether programs write the same states in bytes of their own.</param>
/// <param name="areMadeInVain">Whether machines that throw once cannot be made at first after a restart, either.</param>
internal sealed class MachineTroubles(
    Func<int, bool> mayNotRun, Action<int> kill, Action<string, string> report, Deviation deviation, bool writesProgram, bool areMadeInVain)
{
    /// <summary>
    /// How often one operation may end the process of one node for one replica under one program. Two ends begin the careful start, four more find
    /// the entry; besides, the node may have been stopped in order meanwhile, have lost a mark to another activation, or have made the replica anew.
    /// </summary>
    private const int DeathsMax = 14;

    private readonly Dictionary<int, MachineTrouble> byNode = [];
    private readonly Dictionary<(int Node, ReplicaKey Replica, long Operation, ulong Program), int> deaths = [];

    public MachineTrouble On(int node)
    {
        if (!byNode.TryGetValue(node, out var trouble))
        {
            trouble = new MachineTrouble(node, () => mayNotRun(node), report)
            {
                Die = (replica, operation) => OnDeath(node, replica, operation),
                Deviation = deviation,
                WritesProgram = writesProgram,
                AreMadeInVain = areMadeInVain,
            };
            byNode.Add(node, trouble);
        }

        return trouble;
    }

    private void OnDeath(int node, ReplicaKey replica, long operation)
    {
        var key = (node, replica, operation, byNode[node].Program);
        var times = deaths[key] = deaths.GetValueOrDefault(key) + 1;
        if (times > DeathsMax)
        {
            report("a silo that an entry ends comes to serve without it", $"operation {operation} ended node {node} {times} times for {replica}");
        }

        kill(node);
    }
}
