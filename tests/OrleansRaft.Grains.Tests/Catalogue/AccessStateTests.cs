using System.Buffers;
using OrleansRaft.Grains.Catalogue;

namespace OrleansRaft.Grains.Tests.Catalogue;

/// <summary>Keys, limits and the audit, as the catalogue's state machine keeps them.</summary>
public sealed class AccessStateTests
{
    private static readonly DateTimeOffset Noon = new(2026, 1, 1, 12, 0, 0, TimeSpan.Zero);

    private readonly CatalogueState catalogue = new();
    private long index;

    [Fact]
    public void A_key_that_was_revoked_never_comes_back()
    {
        Add("one", AccessRole.Admin);
        Add("two", AccessRole.Admin);
        Apply(new RevokeAccessKey("one", Noon, "somebody", Force: false)).ShouldBe(AccessRefusal.None);

        Add("one", AccessRole.Admin).ShouldBe(AccessRefusal.KeyRevoked);

        Find("one").RevokedAt.ShouldBe(Noon);
        Find("one").RevokedBy.ShouldBe("somebody");
    }

    [Fact]
    public void The_last_lasting_key_of_an_admin_is_revoked_only_by_force()
    {
        Add("one", AccessRole.Admin);
        Add("two", AccessRole.Admin, expires: Noon);
        Add("three", AccessRole.Operator);

        Apply(new RevokeAccessKey("one", Noon, "", Force: false)).ShouldBe(AccessRefusal.LastAdmin);
        Find("one").RevokedAt.ShouldBeNull();
        Apply(new RevokeAccessKey("two", Noon, "", Force: false)).ShouldBe(AccessRefusal.None);
        Apply(new RevokeAccessKey("one", Noon, "", Force: true)).ShouldBe(AccessRefusal.None);
    }

    [Fact]
    public void Only_one_key_is_the_first_whatever_became_of_it()
    {
        Apply(new AddAccessKey(Key("one", AccessRole.Admin), OnlyFirst: true)).ShouldBe(AccessRefusal.None);
        Apply(new AddAccessKey(Key("two", AccessRole.Admin), OnlyFirst: true)).ShouldBe(AccessRefusal.NotFirst);
        Apply(new RevokeAccessKey("one", Noon, "", Force: true));

        Apply(new AddAccessKey(Key("two", AccessRole.Admin), OnlyFirst: true)).ShouldBe(AccessRefusal.NotFirst);
    }

    /// <summary>A silo that does not know whether its request arrived sends it again.</summary>
    [Fact]
    public void A_repeated_key_changes_nothing_and_another_of_its_id_is_refused()
    {
        Apply(new AddAccessKey(Key("one", AccessRole.Admin), OnlyFirst: true));

        Apply(new AddAccessKey(Key("one", AccessRole.Admin), OnlyFirst: true)).ShouldBe(AccessRefusal.None);
        Apply(new AddAccessKey(Key("one", AccessRole.Admin) with { Hash = new byte[32] }, OnlyFirst: false)).ShouldBe(AccessRefusal.KeyTaken);
    }

    [Fact]
    public void There_are_as_many_keys_as_there_may_be()
    {
        for (var number = 0; number < AccessState.KeysMax; number++)
        {
            Add($"key-{number}", AccessRole.Admin).ShouldBe(AccessRefusal.None);
        }

        Add("more", AccessRole.Reader).ShouldBe(AccessRefusal.Full);
        Apply(new RevokeAccessKey("key-7", Noon, "", Force: false));
        Add("more", AccessRole.Reader).ShouldBe(AccessRefusal.None);
    }

    [Fact]
    public void The_audit_holds_the_last_thousand_with_their_numbers()
    {
        Note(AccessState.AuditMax + 5);

        var latest = State.Answer(new ReadAudit(0, 2)).Audit!;
        var oldest = State.Answer(new ReadAudit(8, 10)).Audit!;
        latest.Select(entry => entry.Number).ShouldBe([AccessState.AuditMax + 5, AccessState.AuditMax + 4]);
        oldest.Select(entry => entry.Number).ShouldBe([7, 6]);
        oldest[0].What.ShouldBe("change 7");
    }

    [Fact]
    public void Who_knows_the_revision_is_told_nothing_again_and_the_audit_changes_none()
    {
        Add("one", AccessRole.Admin);
        var known = State.Answer(new ReadAccess(-1)).Revision;
        Note(1);

        State.Answer(new ReadAccess(known)).Keys.ShouldBeNull();
        Add("two", AccessRole.Reader);
        State.Answer(new ReadAccess(known)).Keys!.Count.ShouldBe(2);
    }

    [Fact]
    public void What_is_captured_is_restored_and_captured_alike()
    {
        Add("one", AccessRole.Admin);
        Add("two", AccessRole.Writer, expires: Noon, tenants: ["acme", "globex"]);
        Apply(new RevokeAccessKey("two", Noon, "somebody", Force: false));
        Apply(new SetTenantLimits(new TenantLimits("acme", 0, null, int.MaxValue) { IdempotencyKeys = 0, Counters = long.MaxValue - 1 }));
        Apply(new SetTenantLimits(new TenantLimits("globex", 5, 6, 7)));
        Apply(new SetTenantLimits(new TenantLimits("globex", null, null, null)));
        Note(AccessState.AuditMax + 3);

        var restored = new CatalogueState();
        restored.Entries.Restore(new MemoryStream(Capture(catalogue)));
        restored.RequireWhole();

        restored.Entries.Digest.ShouldBe(catalogue.Entries.Digest);
        var (before, after) = (State.Answer(new ReadAccess(-1)), restored.Access.Answer(new ReadAccess(-1)));
        after.Keys!.Select(key => key with { Hash = default, Tenants = [] }).ShouldBe(
            before.Keys!.Select(key => key with { Hash = default, Tenants = [] }));
        after.Keys![1].Tenants.ShouldBe(["acme", "globex"]);
        after.Limits.ShouldBe([new TenantLimits("acme", 0, null, int.MaxValue) { IdempotencyKeys = 0, Counters = long.MaxValue - 1 }]);
        restored.Access.Answer(new ReadAudit(0, 1_000)).Audit.ShouldBe(State.Answer(new ReadAudit(0, 1_000)).Audit);
    }

    /// <summary>Three numbers, as a former program wrote them.</summary>
    [Fact]
    public void Limits_of_a_former_program_are_read()
    {
        catalogue.Entries.Set([5, (byte)'a'], [6, 0, 8]);

        State.Answer(new ReadAccess(-1)).Limits.ShouldBe([new TenantLimits("a", 5, null, 7)]);
    }

    /// <summary>Whatever stands under a key of this part must be what it says it is.</summary>
    [Theory]
    [InlineData(new byte[] { 3 }, new byte[] { 1 })]
    [InlineData(new byte[] { 4, 97 }, new byte[] { 1 })]
    [InlineData(new byte[] { 5, 97 }, new byte[] { 1, 1 })]
    [InlineData(new byte[] { 6, 1, 1, 0 }, new byte[] { 0 })]
    [InlineData(new byte[] { 6, 1, 9 }, new byte[] { 0, 0, 0, 0, 0, 0 })]
    [InlineData(new byte[] { 7 }, new byte[] { 0 })]
    public void An_entry_that_is_none_of_these_is_refused(byte[] key, byte[] value)
    {
        Note(2);
        catalogue.Entries.Set(key, value);

        Should.Throw<CorruptDataException>(catalogue.RequireWhole);
    }

    [Fact]
    public void The_catalogue_answers_from_it_and_carries_it_in_its_snapshot()
    {
        var machine = new CatalogueMachine();
        var results = new CatalogueContents[1];
        var command = new Command<CatalogueCommand>(
            new AddAccessKey(Key("one", AccessRole.Admin), OnlyFirst: false), "", new EntryId(new Term(1), new LogIndex(7)), default);

        machine.Apply([command], results);

        results[0].Access!.Revision.ShouldBe(7);
        var output = new ArrayBufferWriter<byte>();
        using (var view = machine.TakeView())
        {
            view.Write(output);
        }

        var restored = new CatalogueMachine();
        restored.Restore(new MemoryStream(output.WrittenSpan.ToArray()));
        restored.StateDigest.ShouldBe(machine.StateDigest);
        restored.Query(new Command<CatalogueCommand>(new ReadAccess(-1), "", default, default)).Access!.Keys!.Single().Id.ShouldBe("one");
    }

    private AccessState State => catalogue.Access;

    private static AccessKey Key(string id, AccessRole role, DateTimeOffset? expires = null, params string[] tenants) =>
        new(id, $"name of {id}", System.Text.Encoding.UTF8.GetBytes($"hash of {id}"), role, tenants, Noon, "test", expires);

    private static byte[] Capture(CatalogueState state)
    {
        var output = new ArrayBufferWriter<byte>();
        using var view = state.Entries.View();
        view.Write(output);
        return output.WrittenSpan.ToArray();
    }

    private AccessKey Find(string id) => State.Answer(new ReadAccess(-1)).Keys!.Single(key => key.Id == id);

    private AccessRefusal Add(string id, AccessRole role, DateTimeOffset? expires = null, params string[] tenants) =>
        Apply(new AddAccessKey(Key(id, role, expires, tenants), OnlyFirst: false));

    private void Note(int count)
    {
        for (var number = 1; number <= count; number++)
        {
            Apply(new NoteAudit([new AuditEntry(0, Noon, "who", "from", $"change {number}", "200", "silo-1")]));
        }
    }

    private AccessRefusal Apply(AccessCommand command) => State.Apply(command, ++index).Refusal;
}
