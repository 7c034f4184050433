using System.Collections.Immutable;

namespace OrleansRaft.Core;

/// <summary>
/// UTC stamps: a leader stamps entries with its host's wall clock, within bounds, so that state machines may know what time it is.
/// </summary>
/// <remarks>
/// A stamp never falls along the log, whoever leads. It is not further than <see cref="ClockOffsetMax"/> from the median of the voters' clocks, as
/// they told them last with their votes and acknowledgements: one clock that says 2036 would otherwise freeze the time of its group until then. As
/// long as no majority has told its clock, entries carry the last stamp on.
/// </remarks>
internal sealed partial class RaftCore
{
    /// <summary>How far a stamp may be from the median of the voters' clocks, in milliseconds; beyond it a clock is off.</summary>
    public const long ClockOffsetMax = 60_000;

    // What the voters of an election told with their votes.
    private readonly SortedDictionary<ReplicaId, (UtcTime Utc, MonotonicTime At)> clocksOfVoters = [];

    private (UtcTime Utc, MonotonicTime At) clock;
    private ImmutableArray<ReplicaId> clocksOff = [];

    /// <summary>The feature level at which the cluster works, as far as this replica knows.</summary>
    public int Level { get; private set; }

    /// <summary>The UTC stamp of the last entry of the log; none while there are no stamps.</summary>
    public UtcTime LastUtc => log.LastUtc;

    /// <summary>
    /// The host read its wall clock, which goes on from there by the monotonic one until it is read again: at each tick, for example.
    /// </summary>
    /// <param name="utc">What it says.</param>
    /// <param name="at">What the monotonic clock says.</param>
    public void ReadClock(UtcTime utc, MonotonicTime at) => clock = (utc, at);

    /// <summary>What this replica tells of its clock. Where an entry has a stamp, the level is in force, whoever else has heard of it.</summary>
    private UtcTime ClockToTell => Level >= FeatureLevels.Stamps || log.LastUtc.IsKnown ? At(clock) : UtcTime.None;

    /// <summary>The stamp of an entry that this leader appends now.</summary>
    private UtcTime Stamp()
    {
        if ((Level < FeatureLevels.Stamps && !log.LastUtc.IsKnown) || MedianOfClocks() is not { } median)
        {
            return log.LastUtc;
        }

        var own = At(clock) is { IsKnown: true } told ? told : median;
        var bounded = new UtcTime(Math.Clamp(own.Value, Math.Max(1, median.Value - ClockOffsetMax), median.Value + ClockOffsetMax));
        return UtcTime.Max(log.LastUtc, bounded);
    }

    /// <summary>
    /// The median of the voters' clocks, the earlier of two in the middle; null as long as no majority of the voters has told its clock.
    /// </summary>
    private UtcTime? MedianOfClocks()
    {
        Span<long> known = stackalloc long[Configuration.Members.Length];
        var (count, voters) = (0, 0);
        foreach (var member in Configuration.Members)
        {
            if (Configuration.IsVoter(member.Id))
            {
                voters++;
                if (ClockOf(member.Id) is { IsKnown: true } told)
                {
                    known[count++] = told.Value;
                }
            }
        }

        if (count * 2 <= voters)
        {
            return null;
        }

        known = known[..count];
        known.Sort();
        return new UtcTime(known[(count - 1) / 2]);
    }

    private UtcTime ClockOf(ReplicaId member) => member == Id ? At(clock) : FindPeer(member) is { } peer ? At(peer.Clock) : UtcTime.None;

    /// <summary>What a clock says now, if it has gone on as this host's monotonic clock has.</summary>
    private UtcTime At((UtcTime Utc, MonotonicTime At) told) => told.Utc.IsKnown ? told.Utc + Math.Max(0, now - told.At) : UtcTime.None;

    private void NoteClock(Progress peer, UtcTime told)
    {
        if (told.IsKnown)
        {
            peer.Clock = (told, now);
        }
    }

    private void NoteClocksOfVoters()
    {
        foreach (var peer in peers)
        {
            peer.Clock = clocksOfVoters.GetValueOrDefault(peer.Id);
        }

        clocksOfVoters.Clear();
    }

    /// <summary>At a leader's tick: tells which members' clocks are off, when they are others than before.</summary>
    private void JudgeClocks()
    {
        if (!ClockToTell.IsKnown || MedianOfClocks() is not { } median)
        {
            return;
        }

        var off = 0;
        foreach (var member in Configuration.Members)
        {
            off += IsOff(member.Id, median) ? 1 : 0;
        }

        if (off > 0 || !clocksOff.IsEmpty)
        {
            TellClocksOff([.. Configuration.Members.Select(static member => member.Id).Where(member => IsOff(member, median))]);
        }
    }

    private bool IsOff(ReplicaId member, UtcTime median) => ClockOf(member) is { IsKnown: true } told && Math.Abs(told - median) > ClockOffsetMax;

    private void TellClocksOff(ImmutableArray<ReplicaId> members)
    {
        if (!members.SequenceEqual(clocksOff))
        {
            clocksOff = members;
            effects.Add(new ClocksJudged(members));
        }
    }
}
