using OrleansRaft.Core;
using OrleansRaft.Grains.Cluster;

namespace OrleansRaft.Grains.Admin;

/// <summary>A group as a change of its members finds it.</summary>
/// <param name="Group">Its name.</param>
/// <param name="Configuration">The configuration in force.</param>
/// <param name="Leader">Who leads.</param>
/// <param name="Answering">The replicas that answer.</param>
/// <param name="FirstFree">The lowest number that no replica of the group has had, as far as is known.</param>
/// <param name="Servers">How many database servers hold the replicas, by their numbers.</param>
/// <param name="VotersMin">With fewer voters than these it is left only by force.</param>
internal sealed record MembershipView(
    string Group, Configuration Configuration, ReplicaId Leader, IReadOnlySet<ReplicaId> Answering, long FirstFree, int Servers, int VotersMin);

/// <summary>How a group comes to the members that are wanted: pure.</summary>
/// <param name="Joining">The first change, which gives new replicas the log; empty when there are none.</param>
/// <param name="Final">The change to make when all that joined have caught up; empty when the first is all.</param>
internal sealed record MembershipPlan(IReadOnlyList<MemberChange> Joining, IReadOnlyList<MemberChange> Final)
{
    /// <summary>How far beyond the highest number that was used a chosen one may be: numbers that leap would be used up.</summary>
    public const int NumbersAhead = 64;

    private const long NumberMax = 1_000_000_000;

    /// <summary>The highest number that a replica of a group has had, as far as is known.</summary>
    /// <remarks>A number beyond all bounds, which older programs took, leaves nothing behind it: the next one is counted from the others.</remarks>
    public static long HighestUsed(GroupEntry group) => Math.Max(
        group.Set.Replicas, group.Slots.Select(static slot => slot.Replica.Value).Where(static number => number < NumberMax).DefaultIfEmpty(0).Max());

    /// <summary>
    /// Every number that a replica of a group may have had: what is known may lack those that were removed before this silo started.
    /// </summary>
    public static IEnumerable<ReplicaId> NumbersEverUsed(GroupEntry group, Configuration configuration)
    {
        var highest = Math.Max(
            HighestUsed(group), configuration.Members.Select(static member => member.Id.Value).Where(static number => number < NumberMax).Max());
        for (var number = 1L; number <= highest + NumbersAhead; number++)
        {
            yield return new ReplicaId(number);
        }
    }

    /// <summary>The replicas that leave.</summary>
    public IEnumerable<ReplicaId> Leaving =>
        Final.Where(static change => change.Kind == MemberChangeKind.Remove).Select(static change => change.Replica);

    /// <summary>Plans.</summary>
    /// <returns>The plan; or null, and a sentence that says why there is none and what to do.</returns>
    public static (MembershipPlan? Plan, string Rejection) Make(MembershipView view, MembershipGoal goal)
    {
        var (plan, rejection) = goal switch
        {
            AddMember { Replaces: { } replaced } add => Replace(view, add, replaced),
            AddMember add => Add(view, add),
            RemoveMember remove => Remove(view, remove),
            ResizeGroup resize => Resize(view, resize),
            _ => throw new InvariantViolationException($"{goal.GetType().Name} is not a known goal"),
        };
        rejection = plan is null ? rejection : FindLostMajority(view, plan);
        return (rejection.Length == 0 ? plan : null, rejection);
    }

    private static (MembershipPlan? Plan, string Rejection) Add(MembershipView view, AddMember add)
    {
        var replica = add.Replica ?? NextNumber(view, null);
        if (view.Configuration.IsVoter(replica) || (add.AsLearner && view.Configuration.Contains(replica)))
        {
            return Reject(
                $"{view.Group} has a member {replica} already; its members are {MembersOf(view)}. Leave the number out to have the next one chosen.");
        }

        var problem = FindWrongNumber(view, replica);
        problem = problem.Length > 0 ? problem : add.AsLearner ? FindTooManyLearners(view) : FindTooManyVoters(view, replica);
        if (problem.Length > 0)
        {
            return Reject(problem);
        }

        var kind = add.AsLearner ? MemberChangeKind.AddLearner : MemberChangeKind.AddVoterWhenCaughtUp;
        return (new MembershipPlan([new MemberChange(kind, replica)], []), "");
    }

    private static (MembershipPlan? Plan, string Rejection) Replace(MembershipView view, AddMember add, ReplicaId replaced)
    {
        var replica = add.Replica ?? NextNumber(view, replaced);
        if (!view.Configuration.IsVoter(replaced))
        {
            return Reject($"{view.Group} has no voter {replaced} to replace; its members are {MembersOf(view)}.");
        }

        if (view.Configuration.IsVoter(replica))
        {
            return Reject(
                $"{view.Group} has a voter {replica} already, which cannot take another's place; leave the number out to have the next one chosen.");
        }

        if (FindWrongNumber(view, replica) is { Length: > 0 } problem)
        {
            return Reject(problem);
        }

        return add.AsLearner
            ? Reject("A learner has no vote, so it cannot take a voter's place; leave one of the two wishes out.")
            : (new MembershipPlan(
                Join(view, [replica]),
                [new MemberChange(MemberChangeKind.AddVoter, replica), new MemberChange(MemberChangeKind.Remove, replaced)]), "");
    }

    private static (MembershipPlan? Plan, string Rejection) Remove(MembershipView view, RemoveMember remove) =>
        (view.Configuration, remove.Replica) switch
        {
            (var configuration, var replica) when !configuration.Contains(replica) =>
                Reject($"{view.Group} has no member {replica}; its members are {MembersOf(view)}."),
            ({ Voters: [var last] }, var replica) when last == replica =>
                Reject($"Replica {replica} is the last voter of {view.Group}, which would be lost without it; add another first."),
            (var configuration, var replica) when !remove.Force
                && configuration.IsVoter(replica)
                && FindTooFewVoters(view, configuration.Voters.Length - 1) is { Length: > 0 } problem =>
                Reject(problem),
            (_, var replica) => (new MembershipPlan([], [new MemberChange(MemberChangeKind.Remove, replica)]), ""),
        };

    private static (MembershipPlan? Plan, string Rejection) Resize(MembershipView view, ResizeGroup resize)
    {
        var voters = resize.Voters;
        if (voters is < 1 or > MembershipGoal.VotersMax)
        {
            return Reject($"A group has 1 to {MembershipGoal.VotersMax} voters, and {voters} were asked for; 3 or 5 is usual.");
        }

        if (!resize.Force && voters < view.Configuration.Voters.Length && FindTooFewVoters(view, voters) is { Length: > 0 } problem)
        {
            return Reject(problem);
        }

        var surplus = view.Configuration.Voters.Length - voters;
        if (surplus >= 0)
        {
            // Those that do not answer go first, the leader last.
            var leaving = view.Configuration.Voters
                .OrderBy(view.Answering.Contains).ThenBy(voter => voter == view.Leader).ThenByDescending(static voter => voter)
                .Take(surplus);
            return (new MembershipPlan([], [.. leaving.Select(static voter => new MemberChange(MemberChangeKind.Remove, voter))]), "");
        }

        List<ReplicaId> added = [.. view.Configuration.Learners.Take(-surplus)];
        for (var number = view.FirstFree; added.Count < -surplus; number++)
        {
            added.Add(new ReplicaId(number));
        }

        return (new MembershipPlan(Join(view, added), [.. added.Select(static replica => new MemberChange(MemberChangeKind.AddVoter, replica))]), "");
    }

    private static MemberChange[] Join(MembershipView view, IEnumerable<ReplicaId> replicas) =>
        [
            .. replicas.Where(replica => !view.Configuration.Contains(replica)).Select(
                static replica => new MemberChange(MemberChangeKind.AddLearner, replica)),
        ];

    private static string FindWrongNumber(MembershipView view, ReplicaId replica) =>
        view.Configuration.Contains(replica) || (replica.Value >= 1 && replica.Value <= view.FirstFree - 1 + NumbersAhead)
            ? ""
            : $"{replica} is not a valid number for a new replica of {view.Group}: those go from 1 to {view.FirstFree - 1 + NumbersAhead}, "
                + $"{NumbersAhead} beyond the highest that was used. "
                + "Leave the number out to have the next one chosen.";

    /// <summary>Learners that become voters by themselves are counted as what they will be.</summary>
    private static string FindTooManyVoters(MembershipView view, ReplicaId replica)
    {
        var voters = view.Configuration.Members
            .Where(member => member.PromotesWhenCaughtUp || view.Configuration.Voters.Contains(member.Id))
            .Select(static member => member.Id)
            .Append(replica)
            .Distinct()
            .Count();
        return voters <= MembershipGoal.VotersMax
            ? ""
            : $"{view.Group} would have {voters} voters, and a group has at most {MembershipGoal.VotersMax}: each makes every write slower. "
                + "Add the replica as a learner, or let it replace another.";
    }

    private static string FindTooManyLearners(MembershipView view) => view.Configuration.Learners.Length < MembershipGoal.LearnersMax
        ? ""
        : $"{view.Group} has {view.Configuration.Learners.Length} learners, and a group has at most {MembershipGoal.LearnersMax}. Remove one first.";

    private static string FindTooFewVoters(MembershipView view, int left) => left >= view.VotersMin
        ? ""
        : $"{view.Group} remembers the cluster's sets and members, and would be left with {left} voter(s), "
            + $"fewer than the {view.VotersMin} that it should have. "
            + "Replace a replica instead, add another first, or force the change.";

    /// <summary>
    /// A number that was never used: a removed replica's name would bring back votes that were forgotten. A successor keeps to its predecessor's
    /// server.
    /// </summary>
    private static ReplicaId NextNumber(MembershipView view, ReplicaId? replaced)
    {
        var number = view.FirstFree;
        while (replaced is { } old && (number - old.Value) % view.Servers != 0)
        {
            number++;
        }

        return new ReplicaId(number);
    }

    /// <summary>Replicas that catch up first are not counted among the silent; the others must be a majority without those.</summary>
    private static string FindLostMajority(MembershipView view, MembershipPlan plan)
    {
        var joining = plan.Joining.Concat(plan.Final)
            .Where(static change => change.Kind is MemberChangeKind.AddVoter or MemberChangeKind.AddVoterWhenCaughtUp)
            .Select(static change => change.Replica)
            .ToHashSet();
        List<ReplicaId> voters = [.. view.Configuration.Voters.Except(plan.Leaving).Union(joining).Order()];
        List<ReplicaId> silent = [.. voters.Where(voter => !view.Answering.Contains(voter) && !joining.Contains(voter))];
        return (voters.Count - silent.Count) * 2 > voters.Count
            ? ""
            : $"The change would leave {view.Group} with the voters {string.Join(", ", voters)}, of which {string.Join(", ", silent)} "
                + "did not answer: no majority would be left to go on. Bring those back, or remove them instead.";
    }

    private static string MembersOf(MembershipView view) => string.Join(", ", view.Configuration.Members.Select(static member => member.Id));

    private static (MembershipPlan? Plan, string Rejection) Reject(string sentence) => (null, sentence);
}
