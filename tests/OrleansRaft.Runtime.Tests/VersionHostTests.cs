using OrleansRaft.Core;
using OrleansRaft.Core.Codec;
using OrleansRaft.Runtime.StateMachines;
using static OrleansRaft.Runtime.Tests.HostBench;

namespace OrleansRaft.Runtime.Tests;

/// <summary>A state machine host and the version at which its machine works.</summary>
public sealed class VersionHostTests
{
    private readonly VersionedMachine machine = new(newest: 3);
    private readonly StateMachineHost<string, string> host;
    private long last;

    public VersionHostTests() => host = VersionedMachine.Host(machine);

    [Fact]
    public void A_machine_is_upgraded_at_the_entry_that_raises_its_version_and_nowhere_else()
    {
        var replies = Apply(Command("a", "before"), Raise(2), Command("b", "between"), Raise(3), Command("c", "after"));

        machine.Lines.ShouldBe(["before", "from 1 to 2", "between", "from 2 to 3", "after"]);
        replies.Select(static reply => Text(reply)).ShouldBe(["1:before@1", "", "3:between@2", "", "5:after@3"]);
        host.Version.ShouldBe(3);
        var again = VersionedMachine.Host(new VersionedMachine(newest: 3));
        again.Restore(host.Capture());
        again.Version.ShouldBe(3);
        again.Capture().ToArray().ShouldBe(host.Capture().ToArray());
        again.Restore(ReadOnlyMemory<byte>.Empty);
        again.Version.ShouldBe(1);
    }

    [Fact]
    public void A_state_names_the_version_at_which_it_works()
    {
        Apply(Command("a", "x"));
        var (before, first, second) = (
            host.Capture(), VersionedMachine.Host(new VersionedMachine(newest: 2)), VersionedMachine.Host(new VersionedMachine(newest: 2)));
        Apply(Raise(2));

        first.Restore(before);
        second.Restore(host.Capture());

        first.Version.ShouldBe(1);
        second.Version.ShouldBe(2);
    }

    [Fact]
    public void A_program_that_does_not_support_a_states_version_does_not_restore_it()
    {
        Apply(Command("a", "x"), Raise(2));
        var older = VersionedMachine.Host(new VersionedMachine(newest: 1));
        var newer = VersionedMachine.Host(new VersionedMachine(newest: 4, oldest: 3));

        Should.Throw<MachineException>(() => older.Restore(host.Capture())).Message.ShouldContain("version 2");
        Should.Throw<MachineException>(() => newer.Restore(host.Capture())).Message.ShouldContain("supports 3 to 4");
        Should.Throw<MachineException>(() => older.Apply([new Entry(Id(1), EntryKind.Raise, LogTime.Zero, RaiseCodec.Encode(2))], new Reply[1]));
    }

    /// <summary>What the group has committed another program could read, and may have applied: it is not for this one to refuse.</summary>
    [Theory]
    [InlineData("!of a newer program")]
    [InlineData(null)]
    public void A_committed_command_that_cannot_be_read_is_not_refused(string? text)
    {
        var body = text is null ? Bytes("no envelope") : Command("b", text).Body;

        var unread = Should.Throw<UnreadableEntryException>(() => Apply(Command("a", "x"), (EntryKind.Command, body)));

        unread.Message.ShouldContain("Entry 2");
    }

    [Fact]
    public void A_command_that_needs_more_than_the_version_in_force_is_refused_and_not_remembered()
    {
        var refused = Apply(Command("a", "x", needs: 2))[0];
        var applied = Apply(Raise(2), Command("a", "x", needs: 2))[1];

        refused.Kind.ShouldBe(ReplyKind.Rejected);
        refused.Reason.ShouldBe(RejectionReason.VersionNotRaised);
        Text(applied).ShouldBe("2:x@2");
        ((IStateMachineHost)host).Check(Command("b", "x", needs: 4).Body).Reason.ShouldBe(RejectionReason.VersionNotRaised);
        ((IStateMachineHost)host).Check(Command("b", "x", needs: 3).Body).Problem.ShouldBeNull();
    }

    [Fact]
    public void A_query_that_needs_more_than_the_version_in_force_is_refused()
    {
        var query = new QueryEnvelope("k", Bytes("q")) { Needs = 2 };
        host.Query(query).Reason.ShouldBe(RejectionReason.VersionNotRaised);

        Apply(Raise(2));

        Text(host.Query(query)).ShouldBe("from 1 to 2@2");
    }

    [Fact]
    public void A_program_that_no_longer_supports_the_first_version_upgrades_the_state_with_which_a_group_begins()
    {
        var late = new VersionedMachine(newest: 3, oldest: 2);
        var newest = VersionedMachine.Host(late);
        newest.Restore(ReadOnlyMemory<byte>.Empty);

        Should.Throw<UnreadableEntryException>(() => newest.Apply([Entry(1, Command("a", "x"))], new Reply[1])).Message.ShouldContain(
            "supports 2 to 3");
        newest.Restore(ReadOnlyMemory<byte>.Empty);
        newest.Apply([Entry(1, Raise(3)), Entry(2, Command("a", "x"))], new Reply[2]);

        late.Lines.ShouldBe(["from 1 to 3", "x"]);
    }

    [Fact]
    public void An_upgrade_that_throws_is_told_as_what_it_is()
    {
        machine.OnUpgrade = static () => throw new InvalidOperationException("no room");

        Should.Throw<MachineException>(() => Apply(Raise(2))).Message.ShouldBe(
            "Upgrade from version 1 to 2 threw InvalidOperationException: no room.");
    }

    [Theory]
    [InlineData(0, 1)]
    [InlineData(3, 2)]
    [InlineData(1, MachineVersions.Max + 1)]
    public void A_machine_that_supports_no_versions_is_refused(int oldest, int newest) =>
        Should.Throw<ArgumentException>(() => VersionedMachine.Host(new VersionedMachine(newest, oldest))).Message.ShouldContain(
            $"{oldest} to {newest}");

    private Reply[] Apply(params (EntryKind Kind, ReadOnlyMemory<byte> Body)[] bodies)
    {
        Entry[] entries = [.. bodies.Select(body => Entry(++last, body))];
        var replies = new Reply[entries.Length];
        host.Apply(entries, replies);
        return replies;
    }

    private static Entry Entry(long index, (EntryKind Kind, ReadOnlyMemory<byte> Body) what) => new(Id(index), what.Kind, new LogTime(1), what.Body);

    private static EntryId Id(long index) => new(new Term(1), new LogIndex(index));

    private static (EntryKind Kind, ReadOnlyMemory<byte> Body) Raise(int version) => (EntryKind.Raise, RaiseCodec.Encode(version));

    private static (EntryKind Kind, ReadOnlyMemory<byte> Body) Command(string id, string text, int needs = 1) => (
        EntryKind.Command,
        CommandEnvelopeCodec.Encode(CommandEnvelope.ForRequest("k", Bytes(text), new LogTime(100), id) with { Needs = needs }));
}
