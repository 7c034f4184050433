using System.Buffers;
using System.Text;
using OrleansRaft.Core;
using OrleansRaft.Core.Codec;
using OrleansRaft.Runtime.Sessions;

namespace OrleansRaft.Runtime.StateMachines;

/// <summary>Hosts a typed state machine: decodes commands, applies each request once, encodes results, and captures state and sessions together.</summary>
/// <typeparam name="TCommand">Commands and queries.</typeparam>
/// <typeparam name="TResult">Answers to both.</typeparam>
public sealed class StateMachineHost<TCommand, TResult> : IStateMachineHost
{
    private const byte FormatVersion = 1;

    // The machine's own code is never run while, or after, it is disposed; nobody waits for this lock as long as it lives.
    private readonly Lock use = new();
    private readonly IStateMachine<TCommand, TResult> machine;
    private readonly ICommandCodec<TCommand> commands;
    private readonly ICommandCodec<TResult> results;
    private readonly CommandBatch<TCommand, TResult> batch = new();
    private readonly ArrayBufferWriter<byte> scratch = new();
    private readonly List<(int Place, RequestRecord Record)> recorded = [];

    private SessionTables tables;
    private int capturedBytes;
    private bool isDisposed;

    /// <summary>Hosts <paramref name="machine"/>, which is in its initial state.</summary>
    /// <param name="machine">The user's state machine.</param>
    /// <param name="commands">Reads commands and queries.</param>
    /// <param name="results">Writes results.</param>
    public StateMachineHost(IStateMachine<TCommand, TResult> machine, ICommandCodec<TCommand> commands, ICommandCodec<TResult> results)
    {
        ArgumentNullException.ThrowIfNull(machine);
        ArgumentNullException.ThrowIfNull(commands);
        ArgumentNullException.ThrowIfNull(results);
        this.machine = machine;
        this.commands = commands;
        this.results = results;
        tables = new SessionTables(Scopes);
    }

    /// <inheritdoc/>
    public EntryId AppliedEntry { get; private set; }

    /// <inheritdoc/>
    public LogTime AppliedTime { get; private set; }

    /// <inheritdoc/>
    public SessionLimits Limits => tables.Limits;

    /// <inheritdoc/>
    public int RequestIds => tables.RequestCount;

    private IRequestScopes? Scopes => machine as IRequestScopes;

    /// <inheritdoc/>
    Reply? IStateMachineHost.RejectShare(in EnvelopeView command, LogTime now, int pendingOfScope, int pending) =>
        tables.RejectShare(command, now, pendingOfScope, pending);

    /// <inheritdoc/>
    IRequestScopes? IStateMachineHost.Scopes => Scopes;

    /// <inheritdoc/>
    public string? Reject(ReadOnlyMemory<byte> envelope)
    {
        try
        {
            var view = EnvelopeView.Read(envelope);
            if (view.Kind is EnvelopeKind.Request or EnvelopeKind.Session && commands.Read(view.Body) is null)
            {
                return "The command is null; a state machine should not have to expect that.";
            }

            return view.Kind == EnvelopeKind.Limits ? "Only a leader changes the limits on sessions, by its options." : null;
        }
        catch (Exception exception) when (exception is not OutOfMemoryException)
        {
            return Undecodable(exception);
        }
    }

    /// <inheritdoc/>
    public void Apply(IReadOnlyList<Entry> entries, Span<Reply> replies)
    {
        ArgumentNullException.ThrowIfNull(entries);
        ArgumentOutOfRangeException.ThrowIfNotEqual(replies.Length, entries.Count);
        for (var place = 0; place < entries.Count; place++)
        {
            var entry = entries[place];
            Invariant.Holds(entry.Index == AppliedEntry.Index.Next, "entries are applied in order, each once");
            AppliedEntry = entry.Id;
            AppliedTime = entry.Time;
            tables.Advance(entry.Time);
            replies[place] = entry.Kind == EntryKind.Command ? Decide(entry, place) : Reply.Committed(entry.Id, default);
        }

        ApplyBatch();
        foreach (var (place, record) in recorded)
        {
            replies[place] = record.ToReply();
        }

        recorded.Clear();
    }

    /// <inheritdoc/>
    public Reply Query(in QueryEnvelope query)
    {
        TCommand value;
        try
        {
            value = commands.Read(query.Query);
        }
        catch (Exception exception) when (exception is not OutOfMemoryException)
        {
            return Reply.Rejected(RejectionReason.InvalidRequest, null, 0, Undecodable(exception));
        }

        lock (use)
        {
            ObjectDisposedException.ThrowIf(isDisposed, machine);
            var result = machine.Query(new Command<TCommand>(value, query.Key, AppliedEntry, AppliedTime));
            return Reply.Committed(AppliedEntry, Encode(result));
        }
    }

    /// <inheritdoc/>
    public ReadOnlyMemory<byte> Capture()
    {
        lock (use)
        {
            ObjectDisposedException.ThrowIf(isDisposed, machine);
            return CaptureAll();
        }
    }

    private ReadOnlyMemory<byte> CaptureAll()
    {
        var output = new ArrayBufferWriter<byte>(Math.Max(256, capturedBytes + (capturedBytes / 8)));
        var writer = new WireWriter(output);
        writer.WriteByte(FormatVersion);
        writer.WriteVarint(AppliedEntry.Term.Value);
        writer.WriteVarint(AppliedEntry.Index.Value);
        writer.WriteVarint(AppliedTime.Value);
        tables.Capture(writer);
        machine.Capture(output);
        capturedBytes = output.WrittenCount;
        return output.WrittenMemory;
    }

    /// <inheritdoc/>
    public void Restore(ReadOnlyMemory<byte> state)
    {
        var (entry, time, restored, machineState) = Read(state);
        lock (use)
        {
            ObjectDisposedException.ThrowIf(isDisposed, machine);
            machine.Restore(machineState);
        }

        (AppliedEntry, AppliedTime, tables) = (entry, time, restored);
    }

    /// <summary>Disposes the state machine, if it can be; waits for what it is doing. May be repeated.</summary>
    public async ValueTask DisposeAsync()
    {
        lock (use)
        {
            if (isDisposed)
            {
                return;
            }

            isDisposed = true;
        }

        if (machine is IAsyncDisposable later)
        {
            await later.DisposeAsync().ConfigureAwait(false);
        }
        else
        {
            (machine as IDisposable)?.Dispose();
        }
    }

    private (EntryId Entry, LogTime Time, SessionTables Tables, ReadOnlyMemory<byte> MachineState) Read(ReadOnlyMemory<byte> state)
    {
        if (state.IsEmpty)
        {
            return (EntryId.Zero, LogTime.Zero, new SessionTables(Scopes), state);
        }

        var reader = new WireReader(state);
        var version = reader.ReadByte();
        if (version != FormatVersion)
        {
            throw new CorruptDataException(
                $"the snapshot's state has version {version}; this program reads version {FormatVersion}. Start a program that is at least as new as the one that wrote it.");
        }

        var entry = new EntryId(new Term(reader.ReadVarint()), new LogIndex(reader.ReadVarint()));
        var time = new LogTime(reader.ReadVarint());
        return (entry, time, SessionTables.Restore(ref reader, Scopes), reader.ReadRest());
    }

    /// <summary>Answers what can be answered without the state machine; what it must apply joins the batch, and is answered after it.</summary>
    private Reply Decide(in Entry entry, int place)
    {
        EnvelopeView view;
        try
        {
            view = EnvelopeView.Read(entry.Body);
        }
        catch (CorruptDataException exception)
        {
            return Reply.Rejected(RejectionReason.InvalidRequest, null, 0, Undecodable(exception));
        }

        switch (view.Kind)
        {
            case EnvelopeKind.OpenSession:
                return tables.Open(view, entry.Id, entry.Time);
            case EnvelopeKind.Limits:
                tables.Change(view.Limits);
                return Reply.Committed(entry.Id, default);
            default:
                return DecideCommand(entry, view, place);
        }
    }

    private Reply DecideCommand(in Entry entry, in EnvelopeView view, int place)
    {
        var hash = StableHash.Of(view.Key.Span, view.Body.Span);
        var admission = tables.Admit(view, hash, entry.Time);
        switch (admission.Kind)
        {
            case AdmissionKind.Answered:
                return admission.Answer;
            case AdmissionKind.Repetition:
                recorded.Add((place, admission.Record!));
                return default;
        }

        TCommand command;
        try
        {
            command = commands.Read(view.Body);
        }
        catch (Exception exception) when (exception is not OutOfMemoryException)
        {
            // Decoding is a function of the bytes alone, so every replica refuses this command alike. Stopping would stop them all, for ever.
            return Reply.Rejected(RejectionReason.InvalidRequest, null, 0, Undecodable(exception));
        }

        var record = tables.Remember(view, hash, entry.Id, entry.Time);
        batch.Add(new Command<TCommand>(command, Encoding.UTF8.GetString(view.Key.Span), entry.Id, entry.Time), record);
        recorded.Add((place, record));
        return default;
    }

    private void ApplyBatch()
    {
        if (batch.Count == 0)
        {
            return;
        }

        lock (use)
        {
            ObjectDisposedException.ThrowIf(isDisposed, machine);
            machine.Apply(batch.Commands, batch.Results);
        }

        for (var i = 0; i < batch.Count; i++)
        {
            batch.Records[i].Result = Encode(batch.Results[i]);
        }

        batch.Clear();
    }

    private byte[] Encode(TResult result)
    {
        scratch.ResetWrittenCount();
        results.Write(result, scratch);
        return scratch.WrittenSpan.ToArray();
    }

    private static string Undecodable(Exception exception) => $"The command cannot be decoded: {exception.Message}";
}
