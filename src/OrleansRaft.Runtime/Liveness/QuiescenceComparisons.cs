namespace OrleansRaft.Runtime.Liveness;

/// <summary>
/// Compares how the replicas of a group are quiescent on two silos, and unquiesces those that are not quiescent alike: one of them has missed
/// something. Any thread.
/// </summary>
/// <remarks>
/// Differing claims do not prove that something is wrong: a replica that is unquiesced asks the others, or sends a heartbeat, and is quiescent
/// again soon.
/// </remarks>
internal sealed class QuiescenceComparisons<TSilo>(ILivenessDirectory<TSilo> directory, ILivenessHost<TSilo> host, TimeProvider time)
    where TSilo : notnull, IEquatable<TSilo>
{
    private const int ClaimsMax = 1_024;
    private static readonly TimeSpan AnswerTimeout = TimeSpan.FromSeconds(1);

    // Not again at once, whatever happens: a comparison reads everything that is quiescent.
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    private readonly Lock gate = new();
    private readonly Dictionary<TSilo, Comparison> latest = [];
    private long numbers;

    /// <summary>Begins a comparison with a silo when one is needed; gives one up whose answer is overdue. Called with every heartbeat.</summary>
    public void Review(TSilo silo, SiloLiveness liveness)
    {
        Comparison begun;
        lock (gate)
        {
            if (latest.TryGetValue(silo, out var known) && !IsOver(known))
            {
                return;
            }

            if (!liveness.NeedsComparison)
            {
                latest.Remove(silo);
                return;
            }

            latest[silo] = begun = new Comparison(liveness);
        }

        foreach (var replica in directory.Replicas)
        {
            if (replica.Quiescence is not null && directory.HasMemberOn(replica.Key.Group, silo))
            {
                begun.Waiting.Enqueue(replica);
            }
        }

        AskNext(silo, begun);
    }

    /// <summary>Compares another silo's claims with what is quiescent here, and unquiesces the replicas here that differ.</summary>
    /// <returns>The places of the claims that do not hold here.</returns>
    public List<int> Compare(IReadOnlyList<QuiescenceClaim> claims)
    {
        var differing = new List<int>();
        for (var place = 0; place < claims.Count; place++)
        {
            if (!Holds(claims[place]))
            {
                differing.Add(place);
            }
        }

        return differing;
    }

    /// <summary>Takes an answer.</summary>
    public void OnAnswer(TSilo silo, long number, IReadOnlyList<int> differing)
    {
        if (Take(silo, number) is not { } comparison)
        {
            return;
        }

        foreach (var place in differing)
        {
            if (place < 0 || place >= comparison.Asked.Count)
            {
                End(comparison);
                return;
            }

            comparison.Asked[place].Unquiesce(isLeaderLost: false);
        }

        AskNext(silo, comparison);
    }

    /// <summary>There will be no answer: the comparison must be repeated.</summary>
    public void OnFailed(TSilo silo, long number)
    {
        if (Take(silo, number) is { } comparison)
        {
            End(comparison);
        }
    }

    /// <summary>Forgets a silo that is dead.</summary>
    public void Forget(TSilo silo)
    {
        lock (gate)
        {
            latest.Remove(silo);
        }
    }

    /// <summary>Whether a comparison lets another begin.</summary>
    private bool IsOver(Comparison comparison)
    {
        if (comparison.EndedAt == 0 && comparison.Number != 0 && time.GetElapsedTime(comparison.AskedAt) > AnswerTimeout)
        {
            (comparison.Number, comparison.EndedAt) = (0, time.GetTimestamp());
        }

        return comparison.EndedAt != 0 && time.GetElapsedTime(comparison.EndedAt) > Pause;
    }

    /// <summary>The comparison that waits for this answer; it waits no longer.</summary>
    private Comparison? Take(TSilo silo, long number)
    {
        lock (gate)
        {
            if (!latest.TryGetValue(silo, out var comparison) || comparison.Number != number)
            {
                return null;
            }

            comparison.Number = 0;
            return comparison;
        }
    }

    private void AskNext(TSilo silo, Comparison comparison)
    {
        comparison.Asked.Clear();
        while (comparison.Asked.Count < ClaimsMax && comparison.Waiting.TryDequeue(out var replica))
        {
            if (replica.Quiescence is not null)
            {
                comparison.Asked.Add(replica);
            }
        }

        if (comparison.Asked.Count == 0)
        {
            comparison.Liveness.EndComparison(comparison.Begun);
            End(comparison);
            return;
        }

        QuiescenceClaim[] claims = [.. comparison.Asked.Select(QuiescenceClaim.Of)];
        long number;
        lock (gate)
        {
            comparison.Number = number = ++numbers;
            comparison.AskedAt = time.GetTimestamp();
        }

        host.SendClaims(silo, number, claims);
    }

    private void End(Comparison comparison)
    {
        lock (gate)
        {
            comparison.EndedAt = time.GetTimestamp();
        }
    }

    private bool Holds(in QuiescenceClaim claim)
    {
        var isFound = false;
        var holds = true;
        foreach (var replica in directory.ReplicasOf(claim.Group))
        {
            if (!replica.IsRunning)
            {
                continue;
            }

            isFound = true;
            if (QuiescenceClaim.Of(replica) != claim)
            {
                replica.Unquiesce(isLeaderLost: false);
                holds = false;
            }
        }

        return isFound && holds && claim.LastIndex is not null;
    }

    /// <summary>One comparison: pages of claims, each sent when the one before is answered. Numbers and times belong to the gate.</summary>
    private sealed class Comparison(SiloLiveness liveness)
    {
        public SiloLiveness Liveness { get; } = liveness;

        /// <summary>What the comparison is good for: what happens after this needs another.</summary>
        public long Begun { get; } = liveness.BeginComparison();

        public Queue<IMonitoredReplica> Waiting { get; } = new();

        /// <summary>The replicas of the page that was sent last.</summary>
        public List<IMonitoredReplica> Asked { get; } = [];

        /// <summary>The number of the page that waits for an answer; 0 while none does.</summary>
        public long Number { get; set; }

        public long AskedAt { get; set; }

        public long EndedAt { get; set; }
    }
}
