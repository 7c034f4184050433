using static OrleansRaft.Core.Tests.Raft.TestGroup;

namespace OrleansRaft.Core.Tests.Raft;

/// <summary>
/// That what a leader with a lease may have counted binds the follower until it expires: nobody else leads while the lease is valid.
/// </summary>
public sealed class LeaseRuleTests
{
    /// <summary>A host may be wrong: what it calls lost is perhaps only out of its own sight.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Rule_39_A_follower_keeps_its_promise_although_its_leader_is_reported_lost(bool preVote)
    {
        var group = WithLease(preVote);

        group[2].Step(new Unquiesce(IsLeaderLost: true));
        group[3].Step(new Unquiesce(IsLeaderLost: true));
        StandAgainstTheLeader(group);

        group[1].Step(new Read(1, AllowLease: true));
        group[1].Last<ReadReady>().ReadId.ShouldBe(1, "the lease is valid");
        group[3].Core.Role.ShouldNotBe(RaftRole.Leader, "it would commit what the lease does not see");
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Rule_39_A_follower_does_not_stand_before_its_promise_expires_although_its_leader_is_reported_lost(bool preVote)
    {
        var group = WithLease(preVote);
        group[3].Step(new Unquiesce(IsLeaderLost: true));

        group[2].Step(new Unquiesce(IsLeaderLost: true));
        group[2].Step(new Campaign());
        group[2].Core.SetElectionTimeout(1);
        for (var i = 0; i < group.Settings.ElectionTicksMax; i++)
        {
            // Ticks come late in a row after a pause; only the clock tells that a promise has expired.
            group[2].Step(Tick.Instance);
        }

        group.Settle();
        group[2].Core.Role.ShouldBe(RaftRole.Follower);
        group[2].Core.CurrentTerm.ShouldBe(group[1].Core.CurrentTerm);

        group.Now += group.Settings.ElectionTicksMin * group.Settings.TickMilliseconds;
        group[2].Step(Tick.Instance);
        group.Settle();
        group[2].Core.Role.ShouldBe(RaftRole.Leader, "it has waited long enough");
    }

    /// <summary>A term that nobody leads says nothing of the lease of the leader before.</summary>
    [Fact]
    public void Rule_39_A_newer_term_that_is_heard_of_by_the_way_does_not_release_a_follower_from_its_promise()
    {
        var group = WithLease(preVote: true);
        var next = group[1].Core.CurrentTerm.Next;

        group[2].Step(new Receive(Replica(3), new PreVoteResponse(next, false)));
        group[2].Core.CurrentTerm.ShouldBe(next);
        group[2].Step(new Receive(Replica(3), new RequestVote(next, group[3].Core.LastEntry, false)));
        group[2].Step(new Receive(Replica(3), new PreVote(next.Next, group[3].Core.LastEntry)));
        group[2].Step(new Receive(Replica(3), new RequestVote(next.Next, group[3].Core.LastEntry, false)));

        group.Take(
            envelope =>
                envelope.From == 2 && envelope.Message is RequestVoteResponse { Granted: true } or PreVoteResponse { Granted: true }).ShouldBeEmpty();
    }

    /// <summary>The message that puts a follower to sleep may be late: its sender has woken meanwhile, and has a lease again.</summary>
    [Fact]
    public void Rule_39_A_follower_that_falls_asleep_late_keeps_its_promise_and_needs_no_ticks_to_outlive_it()
    {
        var group = WithLease(preVote: true);
        var leader = group[1].Core;
        group[2].Step(new Receive(Replica(1), new Quiesce(leader.CurrentTerm, LogIndex.Zero, leader.LastEntry, Replica(2))));
        group[2].Core.IsQuiescent.ShouldBeTrue();

        group[2].Step(new Unquiesce(IsLeaderLost: true));
        group[3].Step(new Unquiesce(IsLeaderLost: true));
        StandAgainstTheLeader(group);
        group[3].Core.Role.ShouldNotBe(RaftRole.Leader);

        group.Now += group.Settings.ElectionTicksMin * group.Settings.TickMilliseconds;
        StandAgainstTheLeader(group);
        group[3].Core.Role.ShouldBe(RaftRole.Leader);
    }

    /// <summary>Who has ended its own lease may ask for what was promised to it.</summary>
    [Fact]
    public void Rule_39_A_promise_stands_in_the_way_of_neither_a_transfer_nor_the_leader_to_whom_it_was_made()
    {
        var group = WithLease(preVote: true);
        group.Heal();

        group[1].Step(new TransferLeadership(Replica(2)));
        group.Settle();
        group[2].Core.Role.ShouldBe(RaftRole.Leader);
        group.Tick();
        group[3].Step(new Receive(Replica(2), new PreVote(group[2].Core.CurrentTerm.Next, group[2].Core.LastEntry)));

        group[3].Said<PreVoteResponse>().Granted.ShouldBeTrue();
    }

    /// <summary>A restarted follower has forgotten its promise, and so stands for nobody but the leader that ended its own lease.</summary>
    [Fact]
    public void Rule_39_A_restarted_follower_obeys_a_transfer_at_once_and_nobody_else()
    {
        var group = WithLease(preVote: true);
        group.Heal();
        group[2].Crash();
        group[2].Restart();

        group[2].Step(new Campaign());
        group.Settle();
        group[2].Core.Role.ShouldBe(RaftRole.Follower);
        group[1].Step(new TransferLeadership(Replica(2)));
        group.Tick();

        group[2].Core.Role.ShouldBe(RaftRole.Leader);
    }

    /// <summary>Three replicas: 1 leads and holds a lease that 2 has just confirmed; 3 hears nothing from 1 and has given it up.</summary>
    private static TestGroup WithLease(bool preVote)
    {
        var group = new TestGroup(3, settings => settings with { LeaderLease = true, PreVote = preVote });
        group.Tick(group.Settings.ElectionTicksMax);
        group.Elect(1);
        group[3].Core.SetElectionTimeout(int.MaxValue);
        group[2].Core.SetElectionTimeout(int.MaxValue);
        group.Isolate(1, from: 3);
        group.Tick(group.Settings.ElectionTicksMax + 1);
        group[1].Step(new Read(0, AllowLease: true));
        group[1].Last<ReadReady>().ReadId.ShouldBe(0);
        return group;
    }

    private static void StandAgainstTheLeader(TestGroup group)
    {
        group[3].Step(new Campaign());
        group.Settle();
        group[3].Step(new Campaign());
        group.Settle();
    }
}
