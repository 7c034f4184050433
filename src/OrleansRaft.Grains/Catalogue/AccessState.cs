using System.Buffers;
using System.Text;
using OrleansRaft.Core.Codec;
using OrleansRaft.Runtime.State;

namespace OrleansRaft.Grains.Catalogue;

/// <summary>The part of the catalogue's state that tells who may do what, and who did, as entries of the same keyed state.</summary>
/// <remarks>
/// <code>
/// key                          value
/// 3                            revision, keys ever added, audit entries ever noted (varints)
/// 4, id of a key (UTF-8)       name (text), hash (bytes behind their length), role (1 byte), tenants (varint, then text), created at (varint), by
/// (text), expires at (varint, 0 for never), revoked at (varint, 0 for not), by (text); times are milliseconds since 1970 5, name of a tenant (UTF-8)
/// its limits: requests, burst, at once, idempotency keys, counters, bytes (varints, one more than the number; 0 for none); the last three lack where
/// a former program wrote it 6, number (ordered)          an entry of the audit: time (varint), who, from, what, result, silo (text)
/// </code>
/// </remarks>
/// <param name="entries">The state that the entries are in.</param>
internal sealed class AccessState(KeyedState entries)
{
    /// <summary>How many keys there may be, those that were revoked not counted.</summary>
    public const int KeysMax = 1_000;

    /// <summary>How many tenants may have limits of their own.</summary>
    public const int LimitsMax = 10_000;

    /// <summary>How many entries the audit holds.</summary>
    public const int AuditMax = 1_000;

    private const byte HeadKind = 3;
    private const byte KeyKind = 4;
    private const byte LimitsKind = 5;
    private const byte AuditKind = 6;

    private static readonly byte[] HeadKey = [HeadKind];
    private static readonly byte[] KeyPrefix = [KeyKind];
    private static readonly byte[] LimitsPrefix = [LimitsKind];
    private static readonly byte[] AuditPrefix = [AuditKind];

    private readonly ArrayBufferWriter<byte> scratch = new();

    /// <summary>The log index of the last change of keys or limits; 0 for none.</summary>
    public long Revision => ReadHead().Revision;

    /// <summary>Whether a key of the state is one of these entries'.</summary>
    public static bool IsKey(ReadOnlySpan<byte> key) => !key.IsEmpty && key[0] is >= HeadKind and <= AuditKind;

    /// <summary>Applies a command.</summary>
    /// <param name="command">The command.</param>
    /// <param name="index">The index of its entry.</param>
    public AccessContents Apply(AccessCommand command, long index)
    {
        var head = ReadHead();
        var refusal = command switch
        {
            AddAccessKey add => Add(add, ref head),
            RevokeAccessKey revoke => Revoke(revoke),
            SetTenantLimits set => Set(set.Limits),
            _ => AccessRefusal.None,
        };
        if (command is NoteAudit note)
        {
            Note(note.Entries, ref head);
        }
        else if (refusal == AccessRefusal.None && command is AddAccessKey or RevokeAccessKey or SetTenantLimits)
        {
            head = head with { Revision = index };
        }

        Write(head);
        return new AccessContents(head.Revision, Refusal: refusal);
    }

    /// <summary>Answers a query.</summary>
    public AccessContents Answer(AccessCommand query)
    {
        var head = ReadHead();
        return query switch
        {
            ReadAccess read when read.Revision != head.Revision => new AccessContents(head.Revision, Keys(), Limits()),
            ReadAudit read => new AccessContents(head.Revision, Audit: Audit(head, read.Before, Math.Clamp(read.Limit, 1, AuditMax))),
            _ => new AccessContents(head.Revision),
        };
    }

    /// <summary>Throws where an entry is none of these.</summary>
    /// <exception cref="CorruptDataException">An entry is something else.</exception>
    public void RequireWhole()
    {
        var head = ReadHead();
        _ = (Keys(), Limits());
        foreach (var (key, value) in entries.EntriesWith(AuditPrefix))
        {
            var number = OrderedNumber.Read(key[1..], out var rest);
            if (!rest.IsEmpty || number < 1 || number > head.Noted)
            {
                throw new CorruptDataException($"{Convert.ToHexStringLower(key)} is not an entry of the audit");
            }

            ReadEntry(number, value);
        }
    }

    private static AccessRefusal RefusalOf(AccessKey present, AccessKey added) =>
        !present.Hash.Span.SequenceEqual(added.Hash.Span) ? AccessRefusal.KeyTaken
        : present.RevokedAt is not null ? AccessRefusal.KeyRevoked
        : AccessRefusal.None;

    private static bool IsLastingAdmin(AccessKey key) => key is { Role: AccessRole.Admin, RevokedAt: null, ExpiresAt: null };

    private AccessRefusal Add(AddAccessKey add, ref Head head)
    {
        if (FindKey(add.Key.Id) is { } present)
        {
            return RefusalOf(present, add.Key);
        }

        if (add.OnlyFirst && head.Added > 0)
        {
            return AccessRefusal.NotFirst;
        }

        if (Keys().Count(static key => key.RevokedAt is null) >= KeysMax)
        {
            return AccessRefusal.Full;
        }

        Write(add.Key);
        head = head with { Added = head.Added + 1 };
        return AccessRefusal.None;
    }

    private AccessRefusal Revoke(RevokeAccessKey revoke)
    {
        if (FindKey(revoke.Key) is not { } key)
        {
            return AccessRefusal.UnknownKey;
        }

        if (key.RevokedAt is not null)
        {
            return AccessRefusal.None;
        }

        if (key.Role == AccessRole.Admin && !revoke.Force && !Keys().Exists(other => other.Id != key.Id && IsLastingAdmin(other)))
        {
            return AccessRefusal.LastAdmin;
        }

        Write(key with { RevokedAt = revoke.Time, RevokedBy = revoke.By });
        ForgetOldRevocations();
        return AccessRefusal.None;
    }

    /// <summary>Revoked keys are kept so that they never come back; the oldest of very many give way.</summary>
    private void ForgetOldRevocations()
    {
        var revoked = Keys().FindAll(static key => key.RevokedAt is not null);
        if (revoked.Count > KeysMax)
        {
            entries.Remove(KeyOf(KeyKind, revoked.MinBy(static key => (key.RevokedAt, key.Id))!.Id));
        }
    }

    private AccessRefusal Set(TenantLimits wanted)
    {
        var key = KeyOf(LimitsKind, wanted.Tenant);
        if (wanted.IsEmpty)
        {
            entries.Remove(key);
            return AccessRefusal.None;
        }

        if (!entries.TryGet(key, out _) && Limits().Count >= LimitsMax)
        {
            return AccessRefusal.Full;
        }

        Write(key, writer =>
        {
            writer.WriteVarint(OneMore(wanted.RequestsPerSecond));
            writer.WriteVarint(OneMore(wanted.Burst));
            writer.WriteVarint(OneMore(wanted.AtOnce));
            writer.WriteVarint(OneMore(wanted.IdempotencyKeys));
            writer.WriteVarint(OneMore(wanted.Counters));
            writer.WriteVarint(OneMore(wanted.Bytes));
        });
        return AccessRefusal.None;
    }

    private void Note(IReadOnlyList<AuditEntry> noted, ref Head head)
    {
        foreach (var entry in noted)
        {
            head = head with { Noted = head.Noted + 1 };
            Write(KeyOf(head.Noted), writer =>
            {
                writer.WriteVarint(entry.Time.ToUnixTimeMilliseconds());
                writer.WriteString(entry.Who);
                writer.WriteString(entry.From);
                writer.WriteString(entry.What);
                writer.WriteString(entry.Result);
                writer.WriteString(entry.Silo);
            });
            if (head.Noted > AuditMax)
            {
                entries.Remove(KeyOf(head.Noted - AuditMax));
            }
        }
    }

    private List<AccessKey> Keys()
    {
        var keys = new List<AccessKey>();
        foreach (var (key, value) in entries.EntriesWith(KeyPrefix))
        {
            keys.Add(ReadKey(Encoding.UTF8.GetString(key[1..]), value));
        }

        return keys;
    }

    private List<TenantLimits> Limits()
    {
        var limits = new List<TenantLimits>();
        foreach (var (key, value) in entries.EntriesWith(LimitsPrefix))
        {
            var reader = new WireReader(value.ToArray());
            var limit = new TenantLimits(Encoding.UTF8.GetString(key[1..]), OneLess(ref reader), OneLess(ref reader), OneLess(ref reader));
            limits.Add(reader.Remaining == 0 ? limit : limit with
            {
                IdempotencyKeys = OneLess(ref reader),
                Counters = OneLessOfMany(ref reader),
                Bytes = OneLessOfMany(ref reader),
            });
            reader.RequireEnd();
        }

        return limits;
    }

    private List<AuditEntry> Audit(Head head, long before, int limit)
    {
        var audit = new List<AuditEntry>();
        for (var number = before == 0 ? head.Noted : Math.Min(before - 1, head.Noted); number > 0 && audit.Count < limit; number--)
        {
            if (!entries.TryGet(KeyOf(number), out var value))
            {
                break;
            }

            audit.Add(ReadEntry(number, value));
        }

        return audit;
    }

    private AccessKey? FindKey(string id) => entries.TryGet(KeyOf(KeyKind, id), out var value) ? ReadKey(id, value) : null;

    private Head ReadHead()
    {
        if (!entries.TryGet(HeadKey, out var value))
        {
            return default;
        }

        var reader = new WireReader(value.ToArray());
        var head = new Head(reader.ReadVarint(), reader.ReadVarint(), reader.ReadVarint());
        reader.RequireEnd();
        return head;
    }

    private void Write(Head head) => Write(HeadKey, writer =>
    {
        writer.WriteVarint(head.Revision);
        writer.WriteVarint(head.Added);
        writer.WriteVarint(head.Noted);
    });

    private void Write(AccessKey key) => Write(KeyOf(KeyKind, key.Id), writer =>
    {
        writer.WriteString(key.Name);
        writer.WriteBytes(key.Hash.Span);
        writer.WriteByte((byte)key.Role);
        writer.WriteVarint(key.Tenants.Count);
        foreach (var tenant in key.Tenants)
        {
            writer.WriteString(tenant);
        }

        writer.WriteVarint(key.CreatedAt.ToUnixTimeMilliseconds());
        writer.WriteString(key.CreatedBy);
        writer.WriteVarint(key.ExpiresAt?.ToUnixTimeMilliseconds() ?? 0);
        writer.WriteVarint(key.RevokedAt?.ToUnixTimeMilliseconds() ?? 0);
        writer.WriteString(key.RevokedBy);
    });

    private static AccessKey ReadKey(string id, ReadOnlySpan<byte> value)
    {
        var reader = new WireReader(value.ToArray());
        var (name, hash, role) = (reader.ReadString(), reader.ReadBytes().ToArray(), (AccessRole)reader.ReadByte());
        var tenants = new List<string>();
        for (var left = reader.ReadCount(1); left > 0; left--)
        {
            tenants.Add(reader.ReadString());
        }

        var key = new AccessKey(id, name, hash, role, tenants, Time(reader.ReadVarint()), reader.ReadString(), TimeOrNone(reader.ReadVarint()))
        {
            RevokedAt = TimeOrNone(reader.ReadVarint()),
            RevokedBy = reader.ReadString(),
        };
        reader.RequireEnd();
        return key;
    }

    private static AuditEntry ReadEntry(long number, ReadOnlySpan<byte> value)
    {
        var reader = new WireReader(value.ToArray());
        var entry = new AuditEntry(
            number,
            Time(reader.ReadVarint()),
            reader.ReadString(),
            reader.ReadString(),
            reader.ReadString(),
            reader.ReadString(),
            reader.ReadString());
        reader.RequireEnd();
        return entry;
    }

    private static DateTimeOffset Time(long milliseconds) => milliseconds <= DateTimeOffset.MaxValue.ToUnixTimeMilliseconds()
        ? DateTimeOffset.FromUnixTimeMilliseconds(milliseconds)
        : throw new CorruptDataException($"{milliseconds} ms since 1970 is not a valid time");

    private static DateTimeOffset? TimeOrNone(long milliseconds) => milliseconds == 0 ? null : Time(milliseconds);

    private static long OneMore(long? number) => number is { } given ? given + 1 : 0;

    private static long? OneLessOfMany(ref WireReader reader) => reader.ReadVarint() is > 0 and var more ? more - 1 : null;

    private static int? OneLess(ref WireReader reader) => reader.ReadVarint() switch
    {
        0 => null,
        var more when more <= int.MaxValue + 1L => (int)(more - 1),
        var more => throw new CorruptDataException($"{more - 1} is not a valid limit"),
    };

    private static byte[] KeyOf(byte kind, string name) => [kind, .. Encoding.UTF8.GetBytes(name)];

    private static byte[] KeyOf(long number)
    {
        Span<byte> key = stackalloc byte[1 + OrderedNumber.BytesMax];
        key[0] = AuditKind;
        return key[..(1 + OrderedNumber.Write(number, key[1..]))].ToArray();
    }

    private void Write(ReadOnlySpan<byte> key, WriteValue write)
    {
        scratch.ResetWrittenCount();
        write(new WireWriter(scratch));
        entries.Set(key, scratch.WrittenSpan);
    }

    private delegate void WriteValue(WireWriter writer);

    private readonly record struct Head(long Revision, long Added, long Noted);
}
