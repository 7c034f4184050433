using System.Buffers;
using System.Text;
using OrleansRaft.Core;
using OrleansRaft.Core.Codec;
using OrleansRaft.Runtime.Sessions;

namespace OrleansRaft.Runtime;

/// <summary>The binary form of what clients and leaders put into the log: commands, the opening of a session, and limits on sessions.</summary>
/// <remarks>
/// <code>
/// version  1 byte   1; 2 where the version of the state machine follows that a command needs; 3 where the identity of the request follows, too
/// kind     1 byte   1 command by request id, 2 command of a session, 3 opening of a session, 4 limits on sessions
/// needs             a machine's version (varint), of versions 2 and 3, whose kinds are 1 and 2
/// identity          8 bytes, of version 3, whose kind is 1
/// deadline          log time (varint), of kinds 1 to 3
/// key               text, of kinds 1 and 2
/// request id        text, of kind 1
/// session, sequence, answered below   varints, of kind 2
/// body              all that is left, of kinds 1 and 2
/// limits            five varints, or seven, of kind 4
/// </code>
/// </remarks>
internal static class CommandEnvelopeCodec
{
    /// <summary>Writes a command.</summary>
    /// <exception cref="ArgumentException">The envelope names neither a request id nor a session, or both, or is beyond a limit.</exception>
    public static ReadOnlyMemory<byte> Encode(in CommandEnvelope envelope)
    {
        var output = new ArrayBufferWriter<byte>(
            48 + envelope.Body.Length + Encoding.UTF8.GetMaxByteCount(envelope.Key.Length + envelope.RequestId.Length));
        Encode(envelope, output);
        return output.WrittenMemory;
    }

    /// <summary>Writes a command.</summary>
    /// <exception cref="ArgumentException">The envelope names neither a request id nor a session, or both, or is beyond a limit.</exception>
    public static void Encode(in CommandEnvelope envelope, IBufferWriter<byte> output)
    {
        Validate(envelope);

        var byRequest = envelope.RequestId.Length != 0;
        var writer = new WireWriter(output);
        WriteHead(writer, byRequest ? EnvelopeKind.Request : EnvelopeKind.Session, envelope.Needs, envelope.Identity);
        writer.WriteVarint(envelope.Deadline.Value);
        writer.WriteString(envelope.Key);
        if (byRequest)
        {
            writer.WriteString(envelope.RequestId);
        }
        else
        {
            writer.WriteVarint(envelope.Session.Value);
            writer.WriteVarint(envelope.Sequence);
            writer.WriteVarint(envelope.AnsweredBelow);
        }

        writer.WriteRaw(envelope.Body.Span);
    }

    /// <summary>Writes the command that opens a session. Its entry's index becomes the session's id; a repetition opens another.</summary>
    /// <param name="deadline">The group's time after which it is refused.</param>
    public static ReadOnlyMemory<byte> EncodeOpenSession(LogTime deadline)
    {
        var output = new ArrayBufferWriter<byte>(16);
        var writer = new WireWriter(output);
        WriteHead(writer, EnvelopeKind.OpenSession);
        writer.WriteVarint(deadline.Value);
        return output.WrittenMemory;
    }

    /// <summary>Reads a command; its body is a slice of <paramref name="encoded"/>.</summary>
    /// <exception cref="CorruptDataException">The bytes are not a command.</exception>
    public static CommandEnvelope Decode(ReadOnlyMemory<byte> encoded)
    {
        var view = EnvelopeView.Read(encoded);
        return view.Kind is EnvelopeKind.Request or EnvelopeKind.Session
            ? new CommandEnvelope(
                Encoding.UTF8.GetString(view.Key.Span),
                view.Body,
                view.Deadline,
                Encoding.UTF8.GetString(view.RequestId.Span),
                view.Session,
                view.Sequence,
                view.AnsweredBelow)
            {
                Needs = view.Needs,
                Identity = view.Identity,
            }
            : throw new CorruptDataException($"the envelope holds no command, but kind {(int)view.Kind}");
    }

    /// <summary>Tells what an envelope holds; only commands can be decoded.</summary>
    /// <exception cref="CorruptDataException">The bytes are not an envelope.</exception>
    public static EnvelopeKind KindOf(ReadOnlyMemory<byte> encoded) => EnvelopeView.Read(encoded).Kind;

    /// <summary>Writes limits: those on bytes only where they are others than every group starts with.</summary>
    internal static ReadOnlyMemory<byte> EncodeLimits(in SessionLimits limits)
    {
        var output = new ArrayBufferWriter<byte>(48);
        var writer = new WireWriter(output);
        WriteHead(writer, EnvelopeKind.Limits);
        if (limits.BoundBytes)
        {
            SessionLimitsCodec.Write(writer, limits);
        }
        else
        {
            SessionLimitsCodec.WriteFormer(writer, limits);
        }

        return output.WrittenMemory;
    }

    private static void WriteHead(WireWriter writer, EnvelopeKind kind, int needs = MachineVersions.Initial, ulong? identity = null)
    {
        var version = identity is not null ? EnvelopeView.FormatVersionWithIdentity
            : needs > MachineVersions.Initial ? EnvelopeView.FormatVersionWithNeeds
            : EnvelopeView.FormatVersion;
        writer.WriteByte(version);
        writer.WriteByte((byte)kind);
        if (version > EnvelopeView.FormatVersion)
        {
            writer.WriteVarint(needs);
        }

        if (identity is { } known)
        {
            writer.WriteInt64(unchecked((long)known));
        }
    }

    private static void Validate(in CommandEnvelope envelope)
    {
        var isSession = envelope.Session.Value > 0
            && envelope.RequestId.Length == 0
            && envelope.Sequence > 0
            && envelope.AnsweredBelow >= 0
            && envelope.AnsweredBelow <= envelope.Sequence
            && envelope.Identity is null;
        var isRequest = envelope.RequestId.Length is > 0 and <= CommandEnvelope.RequestIdLengthMax
            && envelope.Session == LogIndex.Zero
            && envelope is { Sequence: 0, AnsweredBelow: 0 };
        if (!isSession && !isRequest)
        {
            throw new ArgumentException(
                $"A command needs either a request id of 1 to {CommandEnvelope.RequestIdLengthMax} characters, "
                    + "or a session with a sequence number from 1.",
                nameof(envelope));
        }

        if (envelope.Needs is < MachineVersions.Initial or > MachineVersions.Max)
        {
            throw new ArgumentException(
                $"A command needs a version of its state machine from {MachineVersions.Initial} to {MachineVersions.Max}, not {envelope.Needs}.",
                nameof(envelope));
        }

        if (envelope.Key.Length > CommandEnvelope.KeyLengthMax || envelope.Deadline < LogTime.Zero)
        {
            throw new ArgumentException(
                $"A command's key has at most {CommandEnvelope.KeyLengthMax} characters, and its deadline is not negative.", nameof(envelope));
        }
    }
}
