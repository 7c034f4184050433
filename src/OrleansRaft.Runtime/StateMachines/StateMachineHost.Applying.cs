using System.Text;
using OrleansRaft.Core;
using OrleansRaft.Core.Codec;
using OrleansRaft.Runtime.Sessions;

namespace OrleansRaft.Runtime.StateMachines;

/// <summary>How committed entries reach the state machine: each request once, in batches.</summary>
internal sealed partial class StateMachineHost<TCommand, TResult>
{
    private readonly CommandBatch<TCommand, TResult> batch = new();
    private readonly List<(int Place, RequestRecord Record)> recorded = [];
    private bool hasSeenIdentity;

    /// <inheritdoc/>
    public void Apply(IReadOnlyList<Entry> entries, Span<Reply> replies)
    {
        ArgumentNullException.ThrowIfNull(entries);
        ArgumentOutOfRangeException.ThrowIfNotEqual(replies.Length, entries.Count);
        try
        {
            for (var place = 0; place < entries.Count; place++)
            {
                if (entries[place].Kind == EntryKind.Raise)
                {
                    ApplyBatch();
                    Upgrade(RaiseCodec.Decode(entries[place].Body));
                }

                replies[place] = Admit(entries[place], place);
            }

            ApplyBatch();
            foreach (var (place, record) in recorded)
            {
                replies[place] = record.ToReply();
            }
        }
        finally
        {
            recorded.Clear();
            batch.Clear();
        }
    }

    /// <inheritdoc/>
    public Reply Skip(in Entry entry)
    {
        Invariant.Holds(entry.Index == AppliedEntry.Index.Next, "entries are applied in order, each once");
        (AppliedEntry, AppliedTime, AppliedUtc) = (entry.Id, entry.Time, entry.Utc);
        EnvelopeView command = default;
        ReadOnlyMemory<byte> scope = default;
        try
        {
            command = EnvelopeView.Read(entry.Body);
            scope = ScopeOrNobody(command.RequestId);
        }
        catch (CorruptDataException)
        {
            // Nobody could repeat it.
        }

        lock (sessions)
        {
            tables.Advance(entry.Time);
            return tables.Skip(command, scope.Span, entry);
        }
    }

    /// <summary>Answers what can be answered without the state machine; what it must apply joins the batch, and is answered after it.</summary>
    private Reply Admit(in Entry entry, int place)
    {
        Invariant.Holds(entry.Index == AppliedEntry.Index.Next, "entries are applied in order, each once");
        (AppliedEntry, AppliedTime, AppliedUtc) = (entry.Id, entry.Time, entry.Utc);
        if (entry.Kind == EntryKind.Command)
        {
            return Decide(entry, place);
        }

        lock (sessions)
        {
            tables.Advance(entry.Time);
        }

        return Reply.Committed(entry.Id, default);
    }

    private Reply Decide(in Entry entry, int place)
    {
        var (view, command) = ReadCommand(entry);
        var scope = ScopeOrNobody(view.RequestId);
        bool mustSettle;
        lock (sessions)
        {
            tables.Advance(entry.Time);
            mustSettle = view.Kind == EnvelopeKind.Request && tables.MustSettle;
        }

        if (mustSettle)
        {
            ApplyBatch();
        }

        lock (sessions)
        {
            switch (view.Kind)
            {
                case EnvelopeKind.Request or EnvelopeKind.Session when view.Needs > Version:
                    // Its leader should have refused it. Both versions are replicated, so every replica refuses it alike.
                    return Reply.Rejected(
                        RejectionReason.VersionNotRaised, null, 0, NeedsMore("command", view.Needs, new MachineVersions(Version, Version)));
                case EnvelopeKind.OpenSession:
                    return tables.Open(view, entry.Id, entry.Time);
                case EnvelopeKind.Limits:
                    tables.Change(view.Limits);
                    return Reply.Committed(entry.Id, default);
                default:
                    return DecideCommand(entry, view, scope.Span, command!, place);
            }
        }
    }

    /// <summary>
    /// Reads a committed command. What the bytes mean depends on the program that reads them: where this one cannot, another may have applied them.
    /// </summary>
    private (EnvelopeView View, TCommand? Command) ReadCommand(in Entry entry)
    {
        try
        {
            var view = EnvelopeView.Read(entry.Body);
            if (view.Kind is not (EnvelopeKind.Request or EnvelopeKind.Session) || view.Needs > Version)
            {
                return (view, default);
            }

            return Versions.Supports(Version)
                ? (view, commands.Read(view.Body))
                : throw new NotSupportedException($"it is of version {Version} of the state machine, and this program supports {Versions}");
        }
        catch (Exception exception)
        {
            throw new UnreadableEntryException(entry.Index, exception);
        }
    }

    private Reply DecideCommand(in Entry entry, in EnvelopeView view, ReadOnlySpan<byte> scope, TCommand command, int place)
    {
        hasSeenIdentity |= view.Identity is not null;
        var admission = tables.Admit(view, entry.Time);
        switch (admission.Kind)
        {
            case AdmissionKind.Answered:
                return admission.Answer;
            case AdmissionKind.Repetition:
                recorded.Add((place, admission.Record!));
                return default;
        }

        var record = tables.Remember(view, scope, entry.Id, entry.Time);
        var key = Encoding.UTF8.GetString(view.Key.Span);
        batch.Add(
            new Command<TCommand>(command, key, entry.Id, entry.Time)
            {
                Stamp = entry.Utc,
                StateBytesMax = tables.Limits.StateBytesMax,
                RequestId = view.RequestId,
            },
            record);
        recorded.Add((place, record));
        return default;
    }

    private void ApplyBatch()
    {
        if (batch.Count == 0)
        {
            return;
        }

        use.Enter();
        try
        {
            machine.Apply(batch.Commands, batch.Results);
            for (var i = 0; i < batch.Count; i++)
            {
                batch.Records[i].Result = RequireRememberable(Encode(batch.Results[i]));
            }
        }
        catch (Exception exception)
        {
            throw new MachineException("Apply", exception);
        }
        finally
        {
            use.Leave();
        }

        batch.Clear();
        lock (sessions)
        {
            tables.Settle();
        }
    }

    private static byte[] RequireRememberable(byte[] result) => result.Length <= RequestRecord.ResultBytesMax
        ? result
        : throw new InvalidOperationException(
            $"a command's result has {result.Length} bytes, and at most {RequestRecord.ResultBytesMax} can be remembered; answer with less");
}
