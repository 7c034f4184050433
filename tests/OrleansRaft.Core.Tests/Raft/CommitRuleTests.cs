using CsCheck;
using static OrleansRaft.Core.Tests.Raft.TestGroup;

namespace OrleansRaft.Core.Tests.Raft;

/// <summary>What counts as committed, and what a log never loses again.</summary>
public sealed class CommitRuleTests
{
    /// <summary>Figure 8 (logcabin/logcabin#44).</summary>
    [Fact]
    public void Rule_01_An_entry_of_an_earlier_term_is_not_committed_by_counting_its_copies()
    {
        var group = new TestGroup(5);
        group.Preload(1, 3, 1, 2);
        var leader = group.Crown(1);
        leader.Terms.ShouldBe([1, 2, 4]);

        foreach (var follower in new[] { 2, 3, 4, 5 })
        {
            leader.Acknowledge(follower, Entry(2, 2));
        }

        leader.Core.CommitIndex.ShouldBe(Index(0), "everybody holds entry 2.2, but none of term 4");

        leader.Acknowledge(2, Entry(4, 3));
        leader.Acknowledge(3, Entry(4, 3));

        leader.Core.CommitIndex.ShouldBe(Index(3));
    }

    [Fact]
    public void Rule_07_A_stale_shorter_append_does_not_cut_off_an_acknowledged_suffix()
    {
        var group = new TestGroup(3);
        var follower = group[2];
        follower.Append(1, 1, EntryId.Zero, 0, 1, 1, 1);
        follower.Said<AppendEntriesResponse>().Match.ShouldBe(Entry(1, 3));

        follower.Append(1, 1, EntryId.Zero, 0, 1);

        follower.Terms.ShouldBe([1, 1, 1]);
        follower.Said<AppendEntriesResponse>().Match.ShouldBe(Entry(1, 1), "it vouches only for what the message covers");
    }

    [Fact]
    public void Rule_08_A_commit_index_beyond_the_last_new_entry_is_clamped()
    {
        var group = new TestGroup(3);
        var follower = group[2];
        follower.Append(1, 1, EntryId.Zero, 0, 1, 1, 1);

        follower.Append(1, 1, EntryId.Zero, 9, 1, 1);

        follower.Core.CommitIndex.ShouldBe(Index(2), "entry 3 may not be the leader's");
    }

    /// <summary>etcd-io/etcd#14370: a group of one must not answer from memory.</summary>
    [Fact]
    public void Rule_13_A_single_voter_commits_only_what_its_own_disk_holds()
    {
        var group = new TestGroup(1);
        var replica = group.Elect(1);
        replica.HoldsWrites = true;

        replica.Propose("a");
        replica.Applied.ShouldBeEmpty();
        replica.CompleteWrites();

        replica.Applied.ShouldBe(["a"]);
    }

    [Fact]
    public void Rule_13_A_single_voter_leads_only_after_its_vote_for_itself_is_durable()
    {
        var group = new TestGroup(1);
        group[1].HoldsWrites = true;

        group[1].Step(new Campaign());
        group[1].Core.Role.ShouldBe(RaftRole.Candidate);
        group[1].CompleteWrites();

        group[1].Core.Role.ShouldBe(RaftRole.Leader);
    }

    /// <summary>The commit index is the order statistic that a naive count gives, for any mix of answers.</summary>
    [Fact]
    public void Rule_22_The_commit_index_is_the_greatest_index_that_majorities_hold()
    {
        Gen.Select(Gen.Int[0, 9].Array[1, 9], Gen.Int[0, 9].Array[0, 9]).Sample((incoming, outgoing) =>
        {
            Dictionary<ReplicaId, long> match = [];
            for (var i = 0; i < incoming.Length; i++)
            {
                match[Replica(i + 1)] = incoming[i];
            }

            for (var i = 0; i < outgoing.Length; i++)
            {
                // The sets overlap by half.
                match.TryAdd(Replica(i + 1 + (incoming.Length / 2)), outgoing[i]);
            }

            var configuration = new Configuration
            {
                Members = [.. match.Keys.Order().Select(id => new Member(id, Index(0)))],
                Voters = [.. Enumerable.Range(1, incoming.Length).Select(Replica)],
                OutgoingVoters = [.. Enumerable.Range(1 + (incoming.Length / 2), outgoing.Length).Select(Replica)],
            };

            var expected = Enumerable.Range(0, 10).Last(index =>
                HasMajority(configuration.Voters, match, index)
                && (configuration.OutgoingVoters.IsEmpty || HasMajority(configuration.OutgoingVoters, match, index)));
            Quorum.Reached(configuration, id => match[id]).ShouldBe(expected);
        });
    }

    [Fact]
    public void A_follower_skips_a_whole_conflicting_term_in_one_answer()
    {
        var group = new TestGroup(3);
        group.Preload(2, 5, 1, 2, 2, 2, 2, 2);

        group[2].Append(1, 6, Entry(5, 6), 0);

        group[2].Said<AppendEntriesResponse>().ShouldSatisfyAllConditions(
            response => response.Accepted.ShouldBeFalse(),
            response => response.Match.ShouldBe(Entry(2, 6), "the last entry of a term that the leader may have too"));
    }

    [Fact]
    public void A_divergent_follower_is_brought_in_line_in_few_messages()
    {
        var group = new TestGroup(3);
        group.Preload(1, 6, [1, .. Enumerable.Repeat(6L, 50)]);
        group.Preload(3, 6, [1, .. Enumerable.Repeat(6L, 50)]);
        group.Preload(2, 5, [1, .. Enumerable.Repeat(2L, 30), .. Enumerable.Repeat(3L, 30)]);

        var leader = group.Elect(1);
        group.Tick(2);

        group[2].Terms.ShouldBe(leader.Terms);
        group[2].Effects.OfType<Send>().Count(send => send.Message is AppendEntriesResponse { Accepted: false }).ShouldBeLessThan(4);
    }

    private static bool HasMajority(IReadOnlyCollection<ReplicaId> voters, Dictionary<ReplicaId, long> match, int index) =>
        2 * voters.Count(voter => match[voter] >= index) > voters.Count;
}
