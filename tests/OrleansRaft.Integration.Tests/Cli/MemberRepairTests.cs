using OrleansRaft.Core;
using OrleansRaft.Grains.Admin;
using OrleansRaft.Integration.Tests.Server;
using OrleansRaft.Runtime;
using OrleansRaft.Runtime.Storage;

namespace OrleansRaft.Integration.Tests.Cli;

/// <summary><c>oraft member repair</c>, on groups as a test wants them: some of their voters do not run.</summary>
public sealed class MemberRepairTests(ScriptedServer server) : IClassFixture<ScriptedServer>
{
    private readonly ScriptedAdmin admin = server.Reset();

    [Fact]
    public async Task Each_voter_that_does_not_run_is_replaced_the_catalogues_too_and_no_other_member()
    {
        Groups(("catalogue-0", [2]), ("counters-0", []), ("counters-1", [1, 4]));

        var run = await RepairAsync("--yes", "--silo", "silo-9");

        run.ExitCode.ShouldBe(0, run.Error);
        admin.Goals.ShouldBe(
        [
            (new AddMember { Replaces = new ReplicaId(2), Silo = "silo-9" }, null),
            (new AddMember { Replaces = new ReplicaId(1), Silo = "silo-9" }, null),
        ]);
        run.Output.ShouldContain("catalogue-0: voters 1, 2, 3");
        run.Output.ShouldContain("counters-1: voters 1, 2, 3");
        run.Output.ShouldNotContain("counters-0");
    }

    /// <summary>A silo that is only away takes its members with it for ever.</summary>
    [Fact]
    public async Task It_says_how_many_are_given_up_and_gives_up_none_unasked()
    {
        Groups(("catalogue-0", []), ("counters-0", [3]), ("counters-1", [1]));

        var run = await RepairAsync();

        run.ExitCode.ShouldBe(2, run.Output);
        run.Error.ShouldContain("2 voters do not run, the first of them 3 of counters-0");
        run.Error.ShouldContain("start those instead");
        run.Error.ShouldContain("--yes");
        admin.Goals.ShouldBeEmpty();
    }

    [Fact]
    public async Task Where_every_voter_runs_there_is_nothing_to_repair()
    {
        Groups(("catalogue-0", []), ("counters-0", [4]));
        admin.Groups[0] = admin.Groups[0] with { Replicas = [Silent(1), .. admin.Groups[0].Replicas.Skip(1)] };

        var run = await RepairAsync();

        run.ExitCode.ShouldBe(0, run.Error);
        run.Output.ShouldContain("nothing to repair");
        admin.Goals.ShouldBeEmpty();
    }

    /// <summary>What a recovery left is one voter, that runs.</summary>
    [Fact]
    public async Task A_group_that_went_on_from_one_replica_gets_as_many_voters_as_it_began_with()
    {
        Groups(("catalogue-0", []), ("counters-0", []), ("counters-1", []), ("counters-2", []));
        var alone = new GroupRecovery("counters-1", 1, 2, 1001);
        admin.Groups[1] = admin.Groups[1] with { InitialVoters = 5 };
        admin.Groups[2] = admin.Groups[2] with { InitialVoters = 5, Recovery = alone };
        admin.Groups[3] = admin.Groups[3] with { InitialVoters = 3, Recovery = alone };

        var run = await RepairAsync();

        run.ExitCode.ShouldBe(0, run.Error);
        admin.Goals.ShouldBe([(new ResizeGroup(5), null)]);
        run.Output.ShouldContain("counters-1: voters 1, 2, 3");
        run.Output.ShouldNotContain("nothing to repair");
    }

    /// <summary>What comes after is not tried on a cluster of which nobody knows how it took the last change; what was done is told.</summary>
    [Fact]
    public async Task It_stops_at_the_first_change_that_is_refused()
    {
        Groups(("catalogue-0", []), ("counters-0", [3]), ("counters-1", [1]));
        admin.Change = new Rejected<Configuration>(
            RejectionReason.ConfigurationConflict, null, TimeSpan.Zero, "The members of counters-0 are being changed.");

        var run = await RepairAsync("--yes");

        run.ExitCode.ShouldBe(5, run.Error);
        run.Error.ShouldContain("configuration-conflict");
        admin.Goals.ShouldHaveSingleItem();
    }

    private Task<CommandLineRun> RepairAsync(params IEnumerable<string> more) =>
        CommandLineRun.AtAsync(server.Client.BaseAddress!, ["member", "repair", .. more]);

    /// <summary>Groups of three voters and a learner, 4.</summary>
    private void Groups(params (string Name, long[] Dead)[] groups)
    {
        admin.Change = new Committed<Configuration>(Configuration.OfVoters(3), default, "");
        var voters = Configuration.OfVoters(3);
        var learner = new Member(new ReplicaId(4), LogIndex.Zero);
        var members = voters with { Members = voters.Members.Add(learner), Learners = [learner.Id] };
        foreach (var (name, dead) in groups)
        {
            admin.Groups.Add(new GroupView(
                name, name[..^2], 0, new ReplicaId(2), new Term(1), [.. Enumerable.Range(1, 4).Select(id => Replica(name, id, dead))], members));
        }
    }

    /// <summary>On a silo, and slow to answer.</summary>
    private static ReplicaView Silent(long id) => new(new ReplicaId(id), "silo-1", null, null, "silo-1 does not answer");

    private static ReplicaView Replica(string group, long id, long[] dead)
    {
        var replica = new ReplicaId(id);
        var members = Configuration.OfVoters(3);
        var status = new RaftStatus(
            replica, RaftRole.Follower, default, null, default, default, default, SnapshotDescriptor.Initial(members), members, [], 0);
        return dead.Contains(id)
            ? new ReplicaView(replica, null, null, null, "no silo hosts it")
            : new ReplicaView(replica, $"silo-{id}", null, new ReplicaStatus(new ReplicaKey(group, replica), 1, true, status, null), "");
    }
}
