using System.Text;
using System.Text.Unicode;
using OrleansRaft.Core;
using OrleansRaft.Core.Codec;
using OrleansRaft.Runtime.Sessions;

namespace OrleansRaft.Runtime;

/// <summary>What an envelope holds. The values are part of the binary form.</summary>
internal enum EnvelopeKind
{
    /// <summary>Nothing: no envelope is written with it.</summary>
    None = 0,

    /// <summary>A command under a request id that the client chose.</summary>
    Request = 1,

    /// <summary>A command of a registered session.</summary>
    Session = 2,

    /// <summary>The opening of a session.</summary>
    OpenSession = 3,

    /// <summary>Limits on sessions, replicated by a leader.</summary>
    Limits = 4,
}

/// <summary>An envelope as slices of its bytes: read on every replica for every command, so it allocates nothing.</summary>
internal readonly struct EnvelopeView
{
    public const byte FormatVersion = 1;

    /// <summary>Names, after the kind, the version of the state machine that the command needs.</summary>
    public const byte FormatVersionWithNeeds = 2;

    /// <summary>Names, after that, the identity of the request.</summary>
    public const byte FormatVersionWithIdentity = 3;

    public EnvelopeKind Kind { get; private init; }

    public LogTime Deadline { get; private init; }

    /// <summary>UTF-8.</summary>
    public ReadOnlyMemory<byte> Key { get; private init; }

    /// <summary>UTF-8; empty unless <see cref="Kind"/> is <see cref="EnvelopeKind.Request"/>.</summary>
    public ReadOnlyMemory<byte> RequestId { get; private init; }

    public LogIndex Session { get; private init; }

    public long Sequence { get; private init; }

    public long AnsweredBelow { get; private init; }

    public ReadOnlyMemory<byte> Body { get; private init; }

    public SessionLimits Limits { get; private init; }

    /// <summary>The version of the state machine that a command needs; the first unless it says so.</summary>
    public int Needs { get; private init; }

    /// <summary>What its client says is the same in every repetition; null where the bytes tell.</summary>
    public ulong? Identity { get; private init; }

    /// <summary>By which a repetition is recognized.</summary>
    public ulong Hash => Identity is { } identity ? StableHash.Of(Key.Span, identity) : HashOfBytes;

    private ulong HashOfBytes => StableHash.Of(Key.Span, Body.Span);

    /// <summary>Whether it repeats a request of which a hash is remembered: perhaps one whose client did not tell its identity.</summary>
    public bool Repeats(ulong remembered) => remembered == Hash || (Identity is not null && remembered == HashOfBytes);

    /// <exception cref="CorruptDataException">The bytes are not an envelope that this version knows.</exception>
    public static EnvelopeView Read(ReadOnlyMemory<byte> encoded)
    {
        var reader = new WireReader(encoded);
        var version = reader.ReadByte();
        if (version is < FormatVersion or > FormatVersionWithIdentity)
        {
            throw new CorruptDataException(
                $"envelope has version {version}; this program reads versions {FormatVersion} to {FormatVersionWithIdentity}");
        }

        var kind = (EnvelopeKind)reader.ReadByte();
        var needs = version == FormatVersion ? MachineVersions.Initial : ReadNeeds(ref reader);
        return kind switch
        {
            EnvelopeKind.Request => ReadRequest(ref reader, needs, version == FormatVersionWithIdentity),
            EnvelopeKind.Session when version < FormatVersionWithIdentity => ReadSession(ref reader, needs),
            EnvelopeKind.OpenSession when version == FormatVersion => ReadOpenSession(ref reader),
            EnvelopeKind.Limits when version == FormatVersion => ReadLimits(ref reader),
            _ => throw new CorruptDataException($"envelope of version {version} has unknown kind {(int)kind}"),
        };
    }

    private static int ReadNeeds(ref WireReader reader)
    {
        var needs = reader.ReadInt32(MachineVersions.Max);
        return needs >= MachineVersions.Initial ? needs : throw new CorruptDataException("a command needs version 1 of the state machine at least");
    }

    private static EnvelopeView ReadRequest(ref WireReader reader, int needs, bool hasIdentity)
    {
        ulong? identity = hasIdentity ? unchecked((ulong)reader.ReadInt64()) : null;
        var deadline = new LogTime(reader.ReadVarint());
        var key = ReadText(ref reader, CommandEnvelope.KeyLengthMax, "key");
        var requestId = ReadText(ref reader, CommandEnvelope.RequestIdLengthMax, "request id");
        return requestId.IsEmpty
            ? throw new CorruptDataException("the envelope's request id is empty")
            : new EnvelopeView
            {
                Kind = EnvelopeKind.Request,
                Needs = needs,
                Identity = identity,
                Deadline = deadline,
                Key = key,
                RequestId = requestId,
                Body = reader.ReadRest(),
            };
    }

    private static EnvelopeView ReadSession(ref WireReader reader, int needs)
    {
        var view = new EnvelopeView
        {
            Kind = EnvelopeKind.Session,
            Needs = needs,
            Deadline = new LogTime(reader.ReadVarint()),
            Key = ReadText(ref reader, CommandEnvelope.KeyLengthMax, "key"),
            Session = new LogIndex(reader.ReadVarint()),
            Sequence = reader.ReadVarint(),
            AnsweredBelow = reader.ReadVarint(),
            Body = reader.ReadRest(),
        };
        return view.Session > LogIndex.Zero && view.Sequence > 0 && view.AnsweredBelow <= view.Sequence
            ? view
            : throw new CorruptDataException(
                $"session {view.Session}, sequence {view.Sequence}, answered below {view.AnsweredBelow} cannot be together in an envelope");
    }

    private static EnvelopeView ReadOpenSession(ref WireReader reader)
    {
        var view = new EnvelopeView { Kind = EnvelopeKind.OpenSession, Deadline = new LogTime(reader.ReadVarint()) };
        reader.RequireEnd();
        return view;
    }

    private static EnvelopeView ReadLimits(ref WireReader reader)
    {
        var view = new EnvelopeView { Kind = EnvelopeKind.Limits, Limits = SessionLimitsCodec.Read(ref reader) };
        reader.RequireEnd();
        return view;
    }

    private static ReadOnlyMemory<byte> ReadText(ref WireReader reader, int lengthMax, string what)
    {
        var text = reader.ReadBytes();
        if (!Utf8.IsValid(text.Span))
        {
            throw new CorruptDataException($"the envelope's {what} is not UTF-8");
        }

        // The cheap bound first: no character takes less than a byte.
        return text.Length <= lengthMax || Encoding.UTF8.GetCharCount(text.Span) <= lengthMax
            ? text
            : throw new CorruptDataException($"the envelope's {what} has more than {lengthMax} characters");
    }
}
