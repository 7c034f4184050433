namespace OrleansRaft;

/// <summary>The kinds of alarms, as <c>/health/alarms</c>, <c>oraft status</c> and the metric <c>raft.alarms</c> name them. Never renamed.</summary>
public static class AlarmNames
{
    /// <summary>A group has no leader that can be reached: it serves neither writes nor linearizable reads.</summary>
    public const string Leaderless = "leaderless";

    /// <summary>A silo does not reach a store: its replicas there take no part.</summary>
    public const string StoreUnreachable = "store-unreachable";

    /// <summary>A store has no space left.</summary>
    public const string StoreFull = "store-full";

    /// <summary>What a store holds is damaged, replaced or gone.</summary>
    public const string StoreCorrupt = "store-corrupt";

    /// <summary>What a store holds of a replica that runs is damaged: it would not start again.</summary>
    public const string StoredDamage = "stored-damage";

    /// <summary>A state machine threw on an entry of its group's log: nothing after that is applied.</summary>
    public const string MachineHalted = "machine-halted";

    /// <summary>A replica's program does not support the version at which its group's state machine works: it applies and serves nothing.</summary>
    public const string VersionBehind = "version-behind";

    /// <summary>A call of a state machine's code does not come back.</summary>
    public const string MachineStuck = "machine-stuck";

    /// <summary>A state machine captures a large state in one piece: its group waits for each snapshot.</summary>
    public const string LargeCapture = "large-capture";

    /// <summary>A silo whose process ended uncleanly twice in a short time applies what its logs hold carefully.</summary>
    public const string CarefulStart = "careful-start";

    /// <summary>Replicas of a group that applied the same entries hold different states.</summary>
    public const string Diverged = "diverged";

    /// <summary>For an hour, comparisons of a group have not compared all its replicas: whether they hold the same is not known.</summary>
    public const string NotCompared = "not-compared";

    /// <summary>The certificate of a silo ends within two weeks.</summary>
    public const string CertificateExpiring = "certificate-expiring";

    /// <summary>A silo's wall clock is more than a minute from most others'.</summary>
    public const string ClockAhead = "clock-ahead";

    /// <summary>All kinds that a silo can raise, in the order in which they are shown.</summary>
    public static IReadOnlyList<string> All { get; } =
        [
            Leaderless, Diverged, MachineHalted, VersionBehind, MachineStuck, CarefulStart, NotCompared, LargeCapture, ClockAhead, StoreCorrupt,
            StoredDamage, StoreFull, StoreUnreachable, CertificateExpiring,
        ];
}
