using System.Buffers;
using System.Text;
using OrleansRaft.Core;
using OrleansRaft.Core.Codec;
using OrleansRaft.Runtime.Lives;
using OrleansRaft.Runtime.Machines;
using OrleansRaft.Runtime.Sessions;
using OrleansRaft.Runtime.Storage;

namespace OrleansRaft.Runtime.StateMachines;

/// <summary>
/// Hosts a typed state machine: decodes commands, applies each request once, encodes results, and captures state and sessions together.
/// </summary>
/// <typeparam name="TCommand">Commands and queries.</typeparam>
/// <typeparam name="TResult">Answers to both.</typeparam>
public sealed class StateMachineHost<TCommand, TResult> : IStateMachineHost
{
    // The second names the commands that were skipped and are remembered, and is written only where there are any.
    private const byte FormatVersion = 1;
    private const byte FormatVersionWithSkipped = 2;

    // The third names the machine's version, which is not the first, and the skipped commands, of which there may be none.
    private const byte FormatVersionWithVersion = 3;

    // The fourth is read as it comes: its parts say how long they are. Machines without views keep to the others.
    private const byte FormatVersionOfViews = 4;

    // The machine's own code is never run while, or after, it is disposed; nobody waits for this lock as long as it lives.
    private readonly Lock use = new();

    // A leader looks at the session tables while another thread applies; never held while a user's code runs.
    private readonly Lock sessions = new();
    private readonly IStateMachine<TCommand, TResult> machine;
    private readonly IVersionedStateMachine? versioned;
    private readonly ICommandCodec<TCommand> commands;
    private readonly ICommandCodec<TResult> results;
    private readonly CommandBatch<TCommand, TResult> batch = new();
    private readonly ArrayBufferWriter<byte> scratch = new();
    private readonly List<(int Place, RequestRecord Record)> recorded = [];

    private const int PartBytesAtOnce = 64 * 1024;

    private SessionTables tables = new();
    private int capturedBytes;
    private bool isDisposed;
    private bool isLeft;

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
        versioned = machine as IVersionedStateMachine;
        Versions = VersionsOf(versioned);
        this.commands = commands;
        this.results = results;
    }

    /// <inheritdoc/>
    public EntryId AppliedEntry { get; private set; }

    /// <inheritdoc/>
    public LogTime AppliedTime { get; private set; }

    /// <inheritdoc/>
    public SessionLimits Limits => tables.Limits;

    /// <inheritdoc/>
    public int RequestIds => tables.RequestCount;

    /// <inheritdoc/>
    public bool IsBounded => machine is IBoundedTime;

    /// <inheritdoc/>
    public bool HasViews => machine is IViewStateMachine<TCommand, TResult>;

    /// <inheritdoc/>
    public MachineVersions Versions { get; }

    /// <inheritdoc/>
    public int Version { get; private set; } = MachineVersions.Initial;

    /// <inheritdoc/>
    public ulong Program { get => field != 0 ? field : field = ProgramIdentity.Of(machine.GetType()); init; }

    /// <inheritdoc/>
    Reply? IStateMachineHost.RejectShare(in EnvelopeView command, ReadOnlySpan<byte> scope, LogTime now, int pendingOfScope, int pending)
    {
        lock (sessions)
        {
            return tables.RejectShare(command, scope, now, pendingOfScope, pending);
        }
    }

    /// <inheritdoc/>
    ReadOnlyMemory<byte> IStateMachineHost.ScopeOf(ReadOnlyMemory<byte> requestId) => ScopeOf(requestId);

    /// <inheritdoc/>
    CommandCheck IStateMachineHost.Check(ReadOnlyMemory<byte> envelope)
    {
        if (FindNeedBeyond(envelope) is { } needs)
        {
            return new CommandCheck(NeedsMore("command", needs, Versions), RejectionReason.VersionNotRaised, default);
        }

        if (Reject(envelope) is { } problem)
        {
            return new CommandCheck(problem, RejectionReason.InvalidRequest, default);
        }

        try
        {
            return new CommandCheck(null, default, ScopeOf(EnvelopeView.Read(envelope).RequestId));
        }
        catch (Exception exception)
        {
            // Whatever it was, it was the caller's request id, and nothing was changed.
            var failure = new MachineException($"{nameof(IRequestScopes)}.{nameof(IRequestScopes.ScopeOf)}, asked for the request id,", exception);
            return new CommandCheck(failure.Message, RejectionReason.MachineFailed, default);
        }
    }

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
        try
        {
            for (var place = 0; place < entries.Count; place++)
            {
                if (entries[place].Kind == EntryKind.Raise)
                {
                    ApplyBatch();
                    batch.Clear();
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
        AppliedEntry = entry.Id;
        AppliedTime = entry.Time;
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

    /// <inheritdoc/>
    public Reply Query(in QueryEnvelope query)
    {
        if (query.Needs > Version)
        {
            return Reply.Rejected(
                RejectionReason.VersionNotRaised, null, 0, $"The query needs version {query.Needs} of the state machine, which works at version {Version}.");
        }

        TCommand value;
        try
        {
            value = commands.Read(query.Query);
        }
        catch (Exception exception) when (exception is not OutOfMemoryException)
        {
            return Reply.Rejected(RejectionReason.InvalidRequest, null, 0, Undecodable(exception));
        }

        Enter();
        try
        {
            var result = machine.Query(new Command<TCommand>(value, query.Key, AppliedEntry, AppliedTime));
            return Reply.Committed(AppliedEntry, Encode(result));
        }
        catch (Exception exception)
        {
            // Whatever it was, it was the caller's query, and it changed nothing.
            return Reply.Rejected(RejectionReason.MachineFailed, null, 0, new MachineException("The query", exception).Message);
        }
        finally
        {
            Leave();
        }
    }

    /// <inheritdoc/>
    public IStateView TakeView(long captureBytesMax)
    {
        var views = machine as IViewStateMachine<TCommand, TResult>;
        Enter();
        try
        {
            return views is null
                ? new CapturedState(CaptureAll(captureBytesMax))
                : new HostView(CaptureHead(), views.TakeView() ?? throw new InvalidOperationException("there is no view"));
        }
        catch (Exception exception) when (exception is not InvariantViolationException)
        {
            throw new MachineException(views is null ? nameof(machine.Capture) : nameof(views.TakeView), exception);
        }
        finally
        {
            Leave();
        }
    }

    /// <inheritdoc/>
    public ReadOnlyMemory<byte> Capture()
    {
        Enter();
        try
        {
            return CaptureAll(Array.MaxLength);
        }
        catch (Exception exception) when (exception is not InvariantViolationException)
        {
            throw new MachineException(nameof(machine.Capture), exception);
        }
        finally
        {
            Leave();
        }
    }

    private ReadOnlyMemory<byte> CaptureAll(long bytesMax)
    {
        var output = new ArrayBufferWriter<byte>(Math.Max(256, capturedBytes + (capturedBytes / 8)));
        var writer = new WireWriter(output);
        var skipped = tables.SkippedEntries();
        var isVersioned = Version > MachineVersions.Initial;
        writer.WriteByte(isVersioned ? FormatVersionWithVersion : skipped.Count == 0 ? FormatVersion : FormatVersionWithSkipped);
        WriteEntry(writer);
        WriteSessions(writer);
        if (skipped.Count > 0 || isVersioned)
        {
            skipped.Write(writer);
        }

        if (isVersioned)
        {
            writer.WriteVarint(Version);
        }

        machine.Capture(new LimitedWriter(output, bytesMax));
        capturedBytes = output.WrittenCount;
        return output.WrittenMemory;
    }

    /// <summary>
    /// What comes before the state machine's own bytes: the format; the entry, its time, the machine's version and what was skipped, in one part;
    /// the sessions, in as many parts as whoever writes them likes, and an empty one after them. A part is its length and its bytes.
    /// </summary>
    private ReadOnlyMemory<byte> CaptureHead()
    {
        scratch.ResetWrittenCount();
        var writer = new WireWriter(scratch);
        WriteEntry(writer);
        writer.WriteVarint(Version);
        tables.SkippedEntries().Write(writer);
        var entry = scratch.WrittenSpan.ToArray();
        scratch.ResetWrittenCount();
        WriteSessions(writer);
        var sessions = scratch.WrittenSpan.ToArray();
        scratch.ResetWrittenCount();
        writer.WriteByte(FormatVersionOfViews);
        writer.WriteBytes(entry);
        writer.WriteBytes(sessions);
        writer.WriteBytes(default);
        return scratch.WrittenSpan.ToArray();
    }

    private void WriteEntry(WireWriter writer)
    {
        writer.WriteVarint(AppliedEntry.Term.Value);
        writer.WriteVarint(AppliedEntry.Index.Value);
        writer.WriteVarint(AppliedTime.Value);
    }

    private void WriteSessions(WireWriter writer) => tables.Capture(writer);

    /// <inheritdoc/>
    public void Restore(ReadOnlyMemory<byte> state)
    {
        if (!state.IsEmpty && state.Span[0] == FormatVersionOfViews)
        {
            using var stream = SnapshotStream.Of(state);
            Restore(stream);
            return;
        }

        var (entry, time, restored, version, machineState) = Read(state);
        Replace(entry, time, restored, version, () => machine.Restore(machineState));
    }

    /// <inheritdoc/>
    public void Restore(Stream state)
    {
        ArgumentNullException.ThrowIfNull(state);
        var format = state.ReadByte();
        if (format != FormatVersionOfViews)
        {
            Restore(format < 0 ? default : ReadToEnd(state, (byte)format));
            return;
        }

        var (entry, time, restored, version) = ReadHead(state);
        Replace(entry, time, restored, version, () =>
        {
            if (machine is IViewStateMachine<TCommand, TResult> views)
            {
                views.Restore(state);
            }
            else
            {
                machine.Restore(ReadToEnd(state));
            }
        });
    }

    private void Replace(EntryId entry, LogTime time, SessionTables restored, int version, Action restore)
    {
        RequireSupport(version, entry);
        Enter();
        try
        {
            versioned?.Version = version;
            restore();
        }
        catch (Exception exception) when (exception is not CorruptDataException)
        {
            throw new MachineException("Restore", exception);
        }
        finally
        {
            Leave();
        }

        lock (sessions)
        {
            (AppliedEntry, AppliedTime, Version, tables) = (entry, time, version, restored);
        }
    }

    /// <summary>
    /// Disposes the state machine, if it can be, when what it is doing at the moment is done: code that never ends is not waited for. May be
    /// repeated.
    /// </summary>
    public ValueTask DisposeAsync()
    {
        Volatile.Write(ref isDisposed, true);
        return IsMineToDispose() ? DisposeMachineAsync() : default;
    }

    /// <summary>Whether nobody uses the disposed machine, and nobody has disposed it: whoever uses it asks again on leaving.</summary>
    private bool IsMineToDispose()
    {
        if (!use.TryEnter())
        {
            return false;
        }

        use.Exit();
        return !Interlocked.Exchange(ref isLeft, true);
    }

    private async ValueTask DisposeMachineAsync()
    {
        if (machine is IAsyncDisposable later)
        {
            await later.DisposeAsync().ConfigureAwait(false);
        }
        else
        {
            (machine as IDisposable)?.Dispose();
        }
    }

    private (EntryId Entry, LogTime Time, SessionTables Tables, int Version, ReadOnlyMemory<byte> MachineState) Read(ReadOnlyMemory<byte> state)
    {
        if (state.IsEmpty)
        {
            return (EntryId.Zero, LogTime.Zero, new SessionTables(), MachineVersions.Initial, state);
        }

        var reader = new WireReader(state);
        var version = reader.ReadByte();
        if (version is not (FormatVersion or FormatVersionWithSkipped or FormatVersionWithVersion))
        {
            throw new CorruptDataException(
                $"the snapshot's state has version {version}; this program reads versions {FormatVersion} to {FormatVersionOfViews}. "
                    + "Start a program that is at least as new as the one that wrote it.");
        }

        var entry = new EntryId(new Term(reader.ReadVarint()), new LogIndex(reader.ReadVarint()));
        var time = new LogTime(reader.ReadVarint());
        var restored = SessionTables.Restore(ref reader, ScopeOrNobody);
        if (version != FormatVersion)
        {
            restored.MarkSkipped(version == FormatVersionWithSkipped ? SkippedEntries.Read(ref reader) : SkippedEntries.ReadAny(ref reader));
        }

        var machineVersion = version == FormatVersionWithVersion ? RaiseCodec.ReadVersion(ref reader) : MachineVersions.Initial;
        return (entry, time, restored, machineVersion, reader.ReadRest());
    }

    /// <summary>Reads what <see cref="CaptureHead"/> wrote after its version.</summary>
    private (EntryId Entry, LogTime Time, SessionTables Tables, int Version) ReadHead(Stream state)
    {
        var head = new WireReader(ReadPart(state));
        var entry = new EntryId(new Term(head.ReadVarint()), new LogIndex(head.ReadVarint()));
        var time = new LogTime(head.ReadVarint());
        var version = RaiseCodec.ReadVersion(ref head);
        var skipped = SkippedEntries.ReadAny(ref head);
        head.RequireEnd();
        var parts = new ArrayBufferWriter<byte>();
        for (var part = ReadPart(state); part.Length > 0; part = ReadPart(state))
        {
            parts.Write(part);
        }

        var reader = new WireReader(parts.WrittenMemory);
        var restored = SessionTables.Restore(ref reader, ScopeOrNobody);
        reader.RequireEnd();
        restored.MarkSkipped(skipped);
        return (entry, time, restored, version);
    }

    private static byte[] ReadPart(Stream state)
    {
        var length = ReadLength(state);

        // A length that is a lie makes nobody allocate: what is not there cannot be read.
        var bytes = new byte[Math.Min(length, PartBytesAtOnce)];
        for (var read = 0; ; Array.Resize(ref bytes, (int)Math.Min(length, 2L * bytes.Length)))
        {
            read += state.ReadAtLeast(bytes.AsSpan(read), bytes.Length - read, throwOnEndOfStream: false);
            if (read < bytes.Length)
            {
                throw new CorruptDataException($"a part of the snapshot's state has {read} bytes of {length}");
            }

            if (read == length)
            {
                return bytes;
            }
        }
    }

    private static int ReadLength(Stream state)
    {
        long length = 0;
        for (var shift = 0; shift <= 28; shift += 7)
        {
            var next = state.ReadByte();
            if (next < 0)
            {
                throw new CorruptDataException("the snapshot's state ends before its parts do");
            }

            length |= (long)(next & 0x7F) << shift;
            if (next < 0x80 && length <= Array.MaxLength)
            {
                return (int)length;
            }
        }

        throw new CorruptDataException("a part of the snapshot's state is longer than any can be");
    }

    /// <summary>Reads the rest into memory: what a machine without views has written, or takes.</summary>
    private static ReadOnlyMemory<byte> ReadToEnd(Stream state, params ReadOnlySpan<byte> before)
    {
        var output = new ArrayBufferWriter<byte>();
        output.Write(before);
        while (true)
        {
            var length = state.Read(output.GetSpan(PartBytesAtOnce));
            if (length == 0)
            {
                return output.WrittenMemory;
            }

            output.Advance(length);
        }
    }

    /// <summary>Answers what can be answered without the state machine; what it must apply joins the batch, and is answered after it.</summary>
    private Reply Admit(in Entry entry, int place)
    {
        Invariant.Holds(entry.Index == AppliedEntry.Index.Next, "entries are applied in order, each once");
        AppliedEntry = entry.Id;
        AppliedTime = entry.Time;
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
        lock (sessions)
        {
            tables.Advance(entry.Time);
            switch (view.Kind)
            {
                case EnvelopeKind.Request or EnvelopeKind.Session when view.Needs > Version:
                    // Its leader should have refused it. Both versions are replicated, so every replica refuses it alike.
                    return Reply.Rejected(RejectionReason.VersionNotRaised, null, 0, NeedsMore("command", view.Needs, new MachineVersions(Version, Version)));
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
        batch.Add(new Command<TCommand>(command, Encoding.UTF8.GetString(view.Key.Span), entry.Id, entry.Time), record);
        recorded.Add((place, record));
        return default;
    }

    /// <summary>Whose the request id of a command is: the answer of the application's code, asked once, and never under the lock of the sessions.</summary>
    private ReadOnlyMemory<byte> ScopeOf(ReadOnlyMemory<byte> requestId)
    {
        if (machine is not IRequestScopes scopes || requestId.IsEmpty)
        {
            return default;
        }

        Enter();
        try
        {
            var scope = scopes.ScopeOf(requestId.Span);
            return scope.IsEmpty ? default
                : requestId.Span.Overlaps(scope, out var offset) && offset >= 0 && offset + scope.Length <= requestId.Length
                    ? requestId.Slice(offset, scope.Length)
                    : scope.ToArray();
        }
        finally
        {
            Leave();
        }
    }

    /// <summary>
    /// Whose the request id of a command in the log or in a snapshot is. Its command stands, whatever becomes of it: an id of which the application's
    /// code cannot tell, although the leader's could, counts for nobody here.
    /// </summary>
    private ReadOnlyMemory<byte> ScopeOrNobody(ReadOnlyMemory<byte> requestId)
    {
        try
        {
            return ScopeOf(requestId);
        }
        catch (Exception exception) when (exception is not OutOfMemoryException)
        {
            return default;
        }
    }

    private void ApplyBatch()
    {
        if (batch.Count == 0)
        {
            return;
        }

        Enter();
        try
        {
            machine.Apply(batch.Commands, batch.Results);
            for (var i = 0; i < batch.Count; i++)
            {
                batch.Records[i].Result = Encode(batch.Results[i]);
            }
        }
        catch (Exception exception)
        {
            throw new MachineException("Apply", exception);
        }
        finally
        {
            Leave();
        }
    }

    /// <summary>Before the state machine's own code is run.</summary>
    /// <exception cref="ObjectDisposedException">It must not be run any more.</exception>
    private void Enter()
    {
        use.Enter();
        if (isDisposed)
        {
            use.Exit();
            throw new ObjectDisposedException(machine.ToString());
        }
    }

    /// <summary>After the state machine's own code was run: disposes it if that was asked for meanwhile.</summary>
    private void Leave()
    {
        use.Exit();
        if (Volatile.Read(ref isDisposed) && IsMineToDispose())
        {
            DisposeMachineAsync().AsTask().ContinueWith(
                static failed => _ = failed.Exception, CancellationToken.None, TaskContinuationOptions.OnlyOnFaulted, TaskScheduler.Default);
        }
    }

    private byte[] Encode(TResult result)
    {
        scratch.ResetWrittenCount();
        results.Write(result, scratch);
        return scratch.WrittenSpan.ToArray();
    }

    /// <summary>Works at a later version from here on.</summary>
    private void Upgrade(int to)
    {
        var from = Version;
        if (to > Versions.Newest)
        {
            throw Unsupported(to, AppliedEntry);
        }

        Invariant.Holds(to > from, "the machine's version is only ever raised");
        Enter();
        try
        {
            versioned!.Version = to;
            versioned.Upgrade(from, to);
        }
        catch (Exception exception)
        {
            throw new MachineException($"{nameof(IVersionedStateMachine.Upgrade)} from version {from} to {to}", exception);
        }
        finally
        {
            Leave();
        }

        Version = to;
    }

    /// <exception cref="MachineException">This program does not support a version: its replica should not have asked.</exception>
    private void RequireSupport(int version, EntryId entry)
    {
        // Whatever the program, a group begins with its state at the first version, and goes on from there.
        if (!Versions.Supports(version) && entry != EntryId.Zero)
        {
            throw Unsupported(version, entry);
        }
    }

    private MachineException Unsupported(int version, EntryId after) =>
        new($"The state machine works at version {version} after entry {after}, and this program supports {Versions}.");

    /// <summary>The version that a command needs, where no program like this one understands it; null otherwise.</summary>
    private int? FindNeedBeyond(ReadOnlyMemory<byte> envelope)
    {
        try
        {
            var needs = EnvelopeView.Read(envelope).Needs;
            return needs > Versions.Newest ? needs : null;
        }
        catch (CorruptDataException)
        {
            // Whoever reads the rest says so.
            return null;
        }
    }

    private static string NeedsMore(string what, int needs, MachineVersions supported) =>
        $"The {what} needs version {needs} of the state machine, and the replica that should take it works at {supported}.";

    private static MachineVersions VersionsOf(IVersionedStateMachine? machine)
    {
        if (machine is null)
        {
            return MachineVersions.First;
        }

        var versions = new MachineVersions(machine.OldestVersion, machine.NewestVersion);
        return versions.Oldest >= MachineVersions.Initial && versions.Newest >= versions.Oldest && versions.Newest <= MachineVersions.Max
            ? versions
            : throw new ArgumentException(
                $"{machine.GetType().Name} says that it supports the versions {versions.Oldest} to {versions.Newest}; they begin at "
                    + $"{MachineVersions.Initial}, and the newest is not older than the oldest, nor beyond {MachineVersions.Max}.",
                nameof(machine));
    }

    private static string Undecodable(Exception exception) => $"The command cannot be decoded: {exception.Message}";

    /// <summary>A machine's view, with what the host knows.</summary>
    private sealed class HostView(ReadOnlyMemory<byte> head, IStateView state) : IStateView
    {
        public void Write(IBufferWriter<byte> output)
        {
            output.Write(head.Span);
            state.Write(output);
        }

        public void Dispose() => state.Dispose();
    }

    /// <summary>
    /// Refuses what a machine without views should not capture: all of it would be in memory at once, and its group would wait for it.
    /// </summary>
    private sealed class LimitedWriter(ArrayBufferWriter<byte> output, long bytesMax) : IBufferWriter<byte>
    {
        public void Advance(int count)
        {
            Require(count);
            output.Advance(count);
        }

        public Memory<byte> GetMemory(int sizeHint = 0)
        {
            Require(sizeHint);
            return output.GetMemory(sizeHint);
        }

        public Span<byte> GetSpan(int sizeHint = 0)
        {
            Require(sizeHint);
            return output.GetSpan(sizeHint);
        }

        private void Require(int more)
        {
            if (output.WrittenCount + (long)more > bytesMax)
            {
                throw new InvalidOperationException(
                    $"the state has more than the {bytesMax} bytes ({RaftOptions.SectionName}:{nameof(RaftOptions.CaptureBytesMax)}) that are captured "
                    + $"in one piece; implement {nameof(IViewStateMachine<,>)}, whose snapshots are written as a stream, or raise the option");
            }
        }
    }
}
