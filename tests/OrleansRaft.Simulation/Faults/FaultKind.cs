namespace OrleansRaft.Simulation.Faults;

/// <summary>Everything that goes wrong. The last five are not planned: crashes bring them along, skips and comparisons.</summary>
internal enum FaultKind
{
    Drop,
    Duplicate,
    Delay,
    Reorder,
    Halves,
    Isolate,
    IsolateLeader,
    OneWay,
    Bridge,
    Ring,
    Flapping,
    OldNews,
    Crash,
    CrashLeader,
    CrashAll,
    CrashInWrite,
    StopInOrder,
    Pause,
    PauseLeader,
    SlowNode,
    SlowDisk,
    FailingDisk,
    HungDisk,
    FullDisk,
    BitFlip,
    ClockRate,
    WallClockJump,
    Campaign,
    Transfer,
    SecondActivation,
    SplitActivation,
    Membership,
    SplitMembership,
    Rejoin,
    Lull,
    FalseAlarm,
    MachineSlow,
    MachineThrowsOnce,
    MachineThrows,
    MachineThrowsEverywhere,
    QueriesThrow,
    MachineKills,
    MachineKillsEverywhere,
    MachineSkip,
    MachineDrifts,
    Upgrade,
    RollBack,
    RaiseVersion,
    Finalize,

    /// <summary>A snapshot on its way to a follower is interrupted.</summary>
    CutTransfer,

    /// <summary>A group loses most of its replicas, and goes on from one, or an operator tries that where it need not.</summary>
    LostMajority,
    TornWrite,
    LostWrite,

    /// <summary>An entry was skipped.</summary>
    SkippedEntry,

    /// <summary>One was skipped that a replica had applied, or applied before it knew: that replica discards its state.</summary>
    DiscardedEntry,

    /// <summary>A comparison found a replica's state wrong: it was replaced, or stopped the replica.</summary>
    WrongState,
}
