using System.Buffers;
using OrleansRaft.Core;
using OrleansRaft.Core.Codec;
using OrleansRaft.Runtime.State;

namespace OrleansRaft.Runtime.Sessions;

/// <summary>The session tables of a group as they were at one moment; any thread may write them.</summary>
/// <remarks>
/// <code>
/// limits    seven varints
/// requests  a keyed state: see <see cref="RequestValue"/>
/// sessions  two keyed states: the sessions, and their results; see <see cref="ClientSessionTable"/>
/// </code>
/// Below the level <see cref="FeatureLevels.KeyedSessions"/>:
/// <code>
/// limits    five varints
/// count     varint, then each request in the order of the log: id (length, UTF-8), when it is forgotten (varint), record
/// count     varint, then each session by id: id, when it was last active, which results are answered, how many results follow (varints); and of each
///           result its sequence number (varint), record
/// skipped   see <see cref="SkippedEntries.Write"/>
/// </code>
/// where a record is the term and index of the entry (varints), the hash (8 bytes), and the result behind its length.
/// </remarks>
internal sealed class SessionTablesView : IDisposable
{
    private readonly KeyedStateView requests;
    private readonly KeyedStateView sessions;
    private readonly KeyedStateView results;

    public SessionTablesView(SessionLimits limits, RequestTable requests, ClientSessionTable sessions)
    {
        sessions.Store();
        Limits = limits;
        this.requests = requests.View();
        this.sessions = sessions.ViewHeaders();
        results = sessions.ViewResults();
    }

    /// <summary>The limits in force.</summary>
    public SessionLimits Limits { get; }

    public void Write(IBufferWriter<byte> output)
    {
        SessionLimitsCodec.Write(new WireWriter(output), Limits);
        requests.Write(output);
        sessions.Write(output);
        results.Write(output);
    }

    /// <summary>Writes the tables as programs of the first level read them; the limits must not bound bytes.</summary>
    public void WriteFormer(IBufferWriter<byte> output)
    {
        SessionLimitsCodec.WriteFormer(new WireWriter(output), Limits);
        var skipped = SkippedEntries.None;
        requests.Read(entries => skipped = WriteRequests(entries, output, skipped));
        WriteSessions(output, skipped).Write(new WireWriter(output));
    }

    private SkippedEntries WriteRequests(KeyedEntries entries, IBufferWriter<byte> output, SkippedEntries skipped)
    {
        var writer = new WireWriter(output);
        writer.WriteVarint(requests.Count);
        foreach (var (key, value) in entries)
        {
            var held = RequestValue.Read(new LogIndex(OrderedNumber.Read(key, out _)), value, out var record);
            writer.WriteBytes(held.Id);
            writer.WriteVarint(held.Expires.Value);
            skipped = WriteRecord(record, writer, skipped);
        }

        return skipped;
    }

    private SkippedEntries WriteSessions(IBufferWriter<byte> output, SkippedEntries skipped)
    {
        List<(long Id, long LastActive, long AnsweredBelow)> headers = [];
        sessions.Read(entries => ReadHeaders(entries, headers));
        var counts = new Dictionary<long, int>();
        results.Read(entries => CountResults(entries, counts));
        new WireWriter(output).WriteVarint(headers.Count);
        var written = 0;
        results.Read(entries =>
        {
            var writer = new WireWriter(output);
            foreach (var (key, value) in entries)
            {
                var session = OrderedNumber.Read(key, out var sequence);
                while (written == 0 || headers[written - 1].Id != session)
                {
                    WriteHeader(headers[written++], counts, writer);
                }

                writer.WriteVarint(OrderedNumber.Read(sequence, out _));
                skipped = WriteRecord(ClientSessionTable.ReadRecord(value), writer, skipped);
            }
        });
        while (written < headers.Count)
        {
            WriteHeader(headers[written++], counts, new WireWriter(output));
        }

        return skipped;
    }

    private static void ReadHeaders(KeyedEntries entries, List<(long Id, long LastActive, long AnsweredBelow)> headers)
    {
        foreach (var (key, value) in entries)
        {
            var header = new WireSpanReader(value);
            headers.Add((OrderedNumber.Read(key, out _), header.ReadVarint(), header.ReadVarint()));
        }
    }

    private static void CountResults(KeyedEntries entries, Dictionary<long, int> counts)
    {
        foreach (var (key, _) in entries)
        {
            var session = OrderedNumber.Read(key, out _);
            counts[session] = counts.GetValueOrDefault(session) + 1;
        }
    }

    private static void WriteHeader((long Id, long LastActive, long AnsweredBelow) header, Dictionary<long, int> counts, WireWriter writer)
    {
        writer.WriteVarint(header.Id);
        writer.WriteVarint(header.LastActive);
        writer.WriteVarint(header.AnsweredBelow);
        writer.WriteVarint(counts.GetValueOrDefault(header.Id));
    }

    private static SkippedEntries WriteRecord(RequestRecord record, WireWriter writer, SkippedEntries skipped)
    {
        writer.WriteVarint(record.Entry.Term.Value);
        writer.WriteVarint(record.Entry.Index.Value);
        writer.WriteInt64(unchecked((long)record.Hash));
        writer.WriteBytes(record.Result);
        return record.IsSkipped ? skipped.With(record.Entry.Index) : skipped;
    }

    public void Dispose()
    {
        requests.Dispose();
        sessions.Dispose();
        results.Dispose();
    }
}
