using System.Buffers;
using System.Buffers.Binary;
using System.IO.Hashing;
using OrleansRaft.Core;
using OrleansRaft.Core.Codec;
using OrleansRaft.Runtime.State;

namespace OrleansRaft.Runtime.Sessions;

/// <summary>
/// Decides which commands are applied: each request once, for at least the retention (thesis §6.3). Deterministic, and part of every snapshot.
/// </summary>
/// <remarks>
/// Why a request id is safe to forget: an id that was applied at time t is remembered until t + R. A command whose deadline is t + R or later is
/// refused, and so is every command past its deadline; so whatever duplicate is still admitted finds the id in the table.
/// </remarks>
internal sealed class SessionTables
{
    private RequestTable requests = new();
    private ClientSessionTable sessions = new();

    public SessionLimits Limits { get; private set; } = SessionLimits.Initial;

    /// <summary>How many request ids are remembered.</summary>
    public int RequestCount => requests.Count;

    /// <summary>How many registered sessions are open.</summary>
    public int SessionCount => sessions.Count;

    /// <summary>What they cost, about, in bytes.</summary>
    public long RequestBytes => requests.Cost;

    /// <summary>
    /// Whether the results of commands that were admitted decide whether the next request id is: then they must be known first, as they are where
    /// commands are applied one by one.
    /// </summary>
    public bool MustSettle =>
        requests.Cost < Limits.RequestBytesMax
        && requests.Cost + (requests.PendingCount * (long)RequestTable.ResultCostMax) >= Limits.RequestBytesMax;

    /// <summary>
    /// How many more request ids there is room for: the least that the limits on their number and on their bytes allow, if those to come are like
    /// those that are there.
    /// </summary>
    private long PlacesFree => Math.Min(
        Limits.RequestIdsMax - requests.Count,
        (Limits.RequestBytesMax - requests.Cost) / Math.Max(RequestTable.OverheadBytes, requests.Count == 0 ? 0 : requests.Cost / requests.Count));

    /// <summary>
    /// Refuses a command under a new request id whose party has as many ids as there are places free. For leaders, before they append: it decides
    /// nothing about what is in the log, and changes nothing here.
    /// </summary>
    /// <param name="command">The command.</param>
    /// <param name="scope">Whose its request id is; empty when it is nobody's.</param>
    /// <param name="now">The group's time.</param>
    /// <param name="pendingOfScope">How many commands of the same party are on their way into the table.</param>
    /// <param name="pending">How many commands of all parties are.</param>
    public Reply? RejectShare(in EnvelopeView command, ReadOnlySpan<byte> scope, LogTime now, int pendingOfScope, int pending)
    {
        if (command.Kind != EnvelopeKind.Request || scope.IsEmpty)
        {
            return null;
        }

        // Only the next entry forgets what has expired, so that one must get through; and whoever repeats a request gets its answer.
        var held = requests.CountOfScope(scope) + pendingOfScope;
        var expires = requests.OldestExpires ?? now + Limits.RetentionMilliseconds;
        return held < PlacesFree - pending || expires <= now || requests.Find(command.RequestId.Span) is not null
            ? null
            : Reply.Rejected(
                RejectionReason.SessionTableFull,
                null,
                WaitFor(expires, now),
                $"The group remembers {held} request ids of the same party, which may have as many as there are places free of "
                    + $"{Limits.RequestIdsMax} ({RaftOptions.SectionName}:{nameof(RaftOptions.RequestIdsMax)}, and "
                    + $"{nameof(RaftOptions.RequestBytesMax)} for all together); the oldest is forgotten in {expires - now} ms.");
    }

    /// <summary>Forgets what has expired. To be called for each entry, of any kind, before it is looked at.</summary>
    public void Advance(LogTime now)
    {
        requests.Expire(now);
        sessions.Expire(now, Limits.InactivityMilliseconds);
    }

    /// <summary>Looks a command up. A new one must be followed by <see cref="Remember"/>, or not be applied.</summary>
    public Admission Admit(in EnvelopeView command, LogTime now) => command.Kind switch
    {
        EnvelopeKind.Request => AdmitRequest(command, now),
        EnvelopeKind.Session => AdmitSession(command, now),
        _ => throw new InvariantViolationException($"only commands are admitted, not {command.Kind}"),
    };

    /// <summary>Remembers a command that was admitted as new. Its result is filled in when its batch has been applied.</summary>
    /// <param name="command">The command.</param>
    /// <param name="scope">Whose its request id is; empty when it is nobody's.</param>
    /// <param name="entry">Its entry.</param>
    /// <param name="now">The group's time at that entry.</param>
    public RequestRecord Remember(in EnvelopeView command, ReadOnlySpan<byte> scope, EntryId entry, LogTime now)
    {
        var record = new RequestRecord(entry, command.Hash);
        if (command.Kind == EnvelopeKind.Request)
        {
            requests.Add(command.RequestId, scope, now + Limits.RetentionMilliseconds, record);
            return record;
        }

        var session = sessions.Use(command.Session, now);
        Invariant.Holds(session is not null, "a session that admitted a command is there");
        sessions.Remember(session, command.Sequence, record);
        return record;
    }

    /// <summary>After a batch: the results of all commands that were admitted are known.</summary>
    public void Settle()
    {
        requests.Settle();
        sessions.Settle();
    }

    /// <summary>Remembers the command of an entry that was skipped, so that it is not applied when it is repeated.</summary>
    /// <param name="command">The command; a default one cannot be read.</param>
    /// <param name="scope">Whose its request id is; empty when it is nobody's.</param>
    /// <param name="entry">Its entry.</param>
    /// <returns>The answer to it.</returns>
    public Reply Skip(in EnvelopeView command, ReadOnlySpan<byte> scope, in Entry entry)
    {
        if (command.Kind is not (EnvelopeKind.Request or EnvelopeKind.Session))
        {
            return RequestRecord.Skipped(entry.Id);
        }

        var admission = Admit(command, entry.Time);
        switch (admission.Kind)
        {
            case AdmissionKind.Answered:
                return admission.Answer;
            case AdmissionKind.Repetition:
                return admission.Record!.ToReply();
        }

        var record = Remember(command, scope, entry.Id, entry.Time);
        record.Skip();
        Settle();
        return record.ToReply();
    }

    /// <summary>Opens a session named after its entry.</summary>
    public Reply Open(in EnvelopeView opening, EntryId entry, LogTime now)
    {
        if (now > opening.Deadline)
        {
            return Expired(opening.Deadline, now).Answer;
        }

        if (sessions.Count >= Limits.SessionsMax)
        {
            return Reply.Rejected(
                RejectionReason.SessionTableFull, null, 0, $"The group has {sessions.Count} client sessions, and {nameof(RaftOptions.SessionsMax)} "
                    + "allows no more.");
        }

        sessions.Open(entry.Index, now);
        return Reply.Committed(entry, default);
    }

    /// <summary>Puts other limits in force.</summary>
    public void Change(in SessionLimits limits) => Limits = limits;

    /// <summary>What is remembered now, between two batches.</summary>
    public SessionTablesView View() => new(Limits, requests, sessions);

    /// <summary>A digest of what is remembered now, between two batches: see <see cref="KeyedState.Digest"/>.</summary>
    public UInt128 Digest()
    {
        var (headers, results) = sessions.Digests;
        var output = new ArrayBufferWriter<byte>(128);
        SessionLimitsCodec.Write(new WireWriter(output), Limits);
        foreach (var digest in (ReadOnlySpan<UInt128>)[requests.Digest, headers, results])
        {
            BinaryPrimitives.WriteUInt128LittleEndian(output.GetSpan(16), digest);
            output.Advance(16);
        }

        return XxHash128.HashToUInt128(output.WrittenSpan);
    }

    /// <summary>Reads what a view wrote.</summary>
    /// <param name="input">Where to read.</param>
    /// <param name="scopeOf">Says whose a request id is; nothing when it is nobody's.</param>
    /// <exception cref="CorruptDataException">The bytes are damaged.</exception>
    public static SessionTables Restore(Stream input, Func<ReadOnlyMemory<byte>, ReadOnlyMemory<byte>> scopeOf) => new()
    {
        Limits = SessionLimitsCodec.Read(new WireStream(input), isFormer: false),
        requests = RequestTable.Restore(input, scopeOf),
        sessions = ClientSessionTable.Restore(input),
    };

    /// <summary>Reads tables as snapshots of versions 1 and 2 hold them.</summary>
    /// <param name="input">Where to read.</param>
    /// <param name="scopeOf">Says whose a request id is; nothing when it is nobody's.</param>
    /// <param name="namesSkipped">Whether the entries that were skipped follow, as in version 2.</param>
    /// <exception cref="CorruptDataException">The bytes are damaged.</exception>
    public static SessionTables RestoreFormer(Stream input, Func<ReadOnlyMemory<byte>, ReadOnlyMemory<byte>> scopeOf, bool namesSkipped)
    {
        var reader = new WireStream(input);
        var tables = new SessionTables
        {
            Limits = SessionLimitsCodec.Read(reader, isFormer: true),
            requests = RequestTable.RestoreFormer(reader, scopeOf),
            sessions = ClientSessionTable.RestoreFormer(reader),
        };
        var skipped = namesSkipped ? ReadSkipped(reader) : SkippedEntries.None;
        if (tables.requests.MarkSkipped(skipped) + tables.sessions.MarkSkipped(skipped) != skipped.Count)
        {
            throw new CorruptDataException($"the snapshot names entries that were skipped ({skipped}), and does not remember their commands");
        }

        tables.Settle();
        return tables;
    }

    private static SkippedEntries ReadSkipped(WireStream reader)
    {
        var skipped = SkippedEntries.None;
        var last = LogIndex.Zero;
        for (var left = reader.ReadInt32(SkippedEntries.CountMax, "how many entries were skipped"); left > 0; left--)
        {
            // Each is told by its distance from the one before.
            last += reader.ReadVarint();
            skipped = skipped.With(last);
        }

        return skipped;
    }

    private Admission AdmitRequest(in EnvelopeView command, LogTime now)
    {
        if (requests.Find(command.RequestId.Span) is { } record)
        {
            return Repeat(record, command);
        }

        if (now > command.Deadline)
        {
            return Expired(command.Deadline, now);
        }

        if (command.Deadline - now >= Limits.RetentionMilliseconds)
        {
            return TooFar(command.Deadline, now);
        }

        return requests.Count >= Limits.RequestIdsMax ? Full($"{requests.Count} request ids", nameof(RaftOptions.RequestIdsMax), now)
            : requests.Cost >= Limits.RequestBytesMax ? FullOfBytes(now)
            : Admission.New;
    }

    // Told by the limit: how far above it a table is depends on how much of a batch has its results, and replicas give one answer.
    private Admission FullOfBytes(LogTime now) => Full($"request ids of {Limits.RequestBytesMax} bytes", nameof(RaftOptions.RequestBytesMax), now);

    private Admission Full(string held, string limit, LogTime now) => Admission.Answered(Reply.Rejected(
        RejectionReason.SessionTableFull,
        null,
        WaitFor(requests.OldestExpires ?? now, now),
        $"The group remembers {held}, and {RaftOptions.SectionName}:{limit} allows no more until the oldest are forgotten."));

    private static int WaitFor(LogTime expires, LogTime now) => (int)Math.Clamp(expires - now, 1, int.MaxValue);

    private Admission AdmitSession(in EnvelopeView command, LogTime now)
    {
        if (sessions.Use(command.Session, now) is not { } session)
        {
            return Admission.Rejected(RejectionReason.UnknownSession, $"Session {command.Session} has expired or never was; open another.");
        }

        sessions.ForgetAnswered(session, command.AnsweredBelow);
        if (command.Sequence < session.AnsweredBelow)
        {
            // It may well have been applied, so this must not be a rejection.
            return Admission.Answered(Reply.Unknown(
                $"Session {command.Session} has said that it has the answer to its command {command.Sequence}; the answer is forgotten."));
        }

        if (sessions.Find(session, command.Sequence) is { } record)
        {
            return Repeat(record, command);
        }

        if (now > command.Deadline)
        {
            return Expired(command.Deadline, now);
        }

        return session.ResultCount < Limits.SessionResultsMax
            ? Admission.New
            : Admission.Rejected(
                RejectionReason.SessionTableFull,
                $"Session {command.Session} leaves {session.ResultCount} results unanswered, and {nameof(RaftOptions.SessionResultsMax)} allows no "
                    + "more.");
    }

    private static Admission Repeat(RequestRecord record, in EnvelopeView command) => command.Repeats(record.Hash)
        ? Admission.Repetition(record)
        : Admission.Rejected(
            RejectionReason.RequestIdReused, $"The request id was used for another request, applied at {record.Entry}; use a new id.");

    private static Admission Expired(LogTime deadline, LogTime now) => Admission.Rejected(
        RejectionReason.Expired, $"The command arrived at {now} ms of the group's time, after its deadline of {deadline} ms; send it with a later "
            + "one.");

    /// <summary>
    /// Whoever sent it may be right: what a leader's clock had come to since its last entry is lost with the leader, so that the group's time goes
    /// back for those whom it had told. The answer brings the time that counts.
    /// </summary>
    private Admission TooFar(LogTime deadline, LogTime now) => Admission.Rejected(
        RejectionReason.Expired,
        $"The command's deadline of {deadline} ms is not within the {Limits.RetentionMilliseconds} ms for which ids are remembered, counted from "
            + $"{now} ms; send it with an earlier one.");
}
