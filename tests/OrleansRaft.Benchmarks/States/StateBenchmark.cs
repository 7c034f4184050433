using System.Buffers;
using System.Collections.Immutable;
using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using System.Text;
using OrleansRaft.Benchmarks.Macro;
using OrleansRaft.Core;
using OrleansRaft.Counters;
using OrleansRaft.Runtime;
using OrleansRaft.Runtime.StateMachines;

namespace OrleansRaft.Benchmarks.States;

/// <summary><c>state</c>: what entries of a state cost in memory and time, in a keyed state and in what else could hold them.</summary>
internal static class StateBenchmark
{
    private const int ValueBytes = 13;
    private const int Slices = 20;

    public static Command Create()
    {
        var entries = new Option<int>("--entries") { Description = "How many entries.", DefaultValueFactory = _ => 1_000_000 };
        var command = new Command("state", "Measures states of one group in one process: memory, single steps, views. A minute.") { entries };
        command.SetAction(parsed =>
        {
            Run(parsed.GetValue(entries));
            return 0;
        });
        return command;
    }

    private static void Run(int count)
    {
        var keys = Keys(count);
        Console.WriteLine($"{count:N0} entries, keys of {keys.Average(key => key.Length):0.0} bytes, values of {ValueBytes}, added in no order.");
        Console.WriteLine();
        Compare(keys);
        Console.WriteLine();
        MeasureView(keys);
        MeasureRestore();
        MeasureFill(count);
        MeasureCounters(keys);
        MeasureRequests(count);
        Replicated.GrainStates.Measure(count);
    }

    private static byte[][] Keys(int count)
    {
        var random = new Random(1);
        var keys = Enumerable.Range(0, count)
            .Select(number => Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"tenant-{number % 97}/counter-{number}")))
            .ToArray();
        random.Shuffle(keys);
        return keys;
    }

    /// <summary>All holders in turn, some keys at a time: a machine that changes its mind changes it for each of them.</summary>
    private static void Compare(byte[][] keys)
    {
        (string Name, Func<IHolder> Make)[] kinds =
        [
            ("`KeyedState`", static () => new OfKeyedState()),
            ("`SortedDictionary<byte[], byte[]>`", static () => new OfSorted()),
            ("`ImmutableSortedDictionary<byte[], byte[]>`", static () => new OfImmutable()),
            ("`Dictionary<string, (long, long, long)>`", static () => new OfDictionary()),
        ];
        var own = Array.ConvertAll(kinds, kind => MeasureBytes(keys, kind.Make()));
        var holders = Array.ConvertAll(kinds, static kind => kind.Make());
        var value = new byte[ValueBytes];
        var adds = TimeEach(holders, keys, (holder, key) => holder.Set(key, value));
        var gets = TimeEach(holders, keys, static (holder, key) => holder.Get(key));
        value[0]++;
        var sets = TimeEach(holders, keys, (holder, key) => holder.Set(key, value));
        value[0]++;
        var views = Array.ConvertAll(holders, static holder => holder.View());
        var beside = TimeEach(holders, keys, (holder, key) => holder.Set(key, value));
        Array.ForEach(views, static view => view?.Dispose());

        Console.WriteLine($"Medians of {Slices} parts of the keys; behind the times what they are of those of the second row, part by part.");
        Console.WriteLine();
        Console.WriteLine("| | bytes an entry beyond key and value | add | get | set | set beside a view |");
        Console.WriteLine("|---|--:|--:|--:|--:|--:|");
        for (var kind = 0; kind < kinds.Length; kind++)
        {
            Console.WriteLine(
                $"| {kinds[kind].Name} | {own[kind]:0} | {Told(adds, kind)} | {Told(gets, kind)} | {Told(sets, kind)} | {Told(beside, kind)} |");
        }

        GC.KeepAlive(holders);
    }

    private static string Told(double[][] times, int kind)
    {
        var ratio = Spread.Of(times[kind].Zip(times[1], static (one, other) => one / other)).Median;
        return $"{Spread.Of(times[kind]).Median:0} ns, {ratio:0.00}";
    }

    /// <returns>Of each holder, of each part of the keys, the nanoseconds that a step took.</returns>
    private static double[][] TimeEach(IHolder[] holders, byte[][] keys, Action<IHolder, byte[]> step)
    {
        var times = Array.ConvertAll(holders, static _ => new double[Slices]);
        for (var slice = 0; slice < Slices; slice++)
        {
            var part = keys.AsSpan(slice * keys.Length / Slices, keys.Length / Slices).ToArray();
            for (var place = 0; place < holders.Length; place++)
            {
                var at = (slice + place) % holders.Length;
                var holder = holders[at];
                times[at][slice] = Time(part, key => step(holder, key));
            }
        }

        return times;
    }

    private static double MeasureBytes(byte[][] keys, IHolder holder)
    {
        var before = GC.GetTotalMemory(forceFullCollection: true);
        var value = new byte[ValueBytes];
        Array.ForEach(keys, key => holder.Set(key, value));
        var bytes = GC.GetTotalMemory(forceFullCollection: true) - before;
        GC.KeepAlive(holder);
        return ((double)bytes / keys.Length) - keys.Average(key => key.Length) - ValueBytes;
    }

    private static double Time(byte[][] keys, Action<byte[]> step)
    {
        // Processor time: what else the machine does must not count.
        var started = Environment.CpuUsage.TotalTime;
        foreach (var key in keys)
        {
            step(key);
        }

        return (Environment.CpuUsage.TotalTime - started).TotalNanoseconds / keys.Length;
    }

    private static void MeasureView(byte[][] keys)
    {
        var state = new KeyedState();
        Array.ForEach(keys, key => state.Set(key, new byte[ValueBytes]));
        var started = Stopwatch.GetTimestamp();
        var view = state.View();
        var taking = Stopwatch.GetElapsedTime(started);

        // Another thread writes the view while this one goes on: how long does any single write take?
        var output = new ArrayBufferWriter<byte>();
        var writing = new Thread(() => view.Write(output));
        var value = new byte[ValueBytes];
        var (longest, writes) = (TimeSpan.Zero, 0);
        writing.Start();
        for (started = Stopwatch.GetTimestamp(); writing.IsAlive; writes++)
        {
            value[1]++;
            var began = Stopwatch.GetTimestamp();
            state.Set(keys[writes % keys.Length], value);
            longest = TimeSpan.FromTicks(Math.Max(longest.Ticks, Stopwatch.GetElapsedTime(began).Ticks));
        }

        var took = Stopwatch.GetElapsedTime(started);
        view.Dispose();
        Console.WriteLine($"A view is taken in {taking.TotalMicroseconds:0} us, and written in {took.TotalMilliseconds:0} ms "
            + $"({output.WrittenCount:N0} bytes), beside {writes:N0} writes, the longest of which took {longest.TotalMilliseconds:0.00} ms.");
        using var stream = new MemoryStream(output.WrittenSpan.ToArray());
        var restored = new KeyedState();
        started = Stopwatch.GetTimestamp();
        restored.Restore(stream);
        Console.WriteLine($"It is restored in {Stopwatch.GetElapsedTime(started).TotalMilliseconds:0} ms.");
    }

    /// <summary>Values that lie apart from their blocks: what a restore of them costs beyond what is kept.</summary>
    private static void MeasureRestore()
    {
        const int Count = 250_000;
        const int Bytes = 1_024;
        var state = new KeyedState();
        var key = new byte[8];
        for (long number = 0; number < Count; number++)
        {
            System.Buffers.Binary.BinaryPrimitives.WriteInt64BigEndian(key, number);
            state.Set(key, new byte[Bytes]);
        }

        var output = new ArrayBufferWriter<byte>();
        using (var view = state.View())
        {
            view.Write(output);
        }

        using var stream = new MemoryStream(output.WrittenSpan.ToArray());
        var (allocated, paused, started) = (GC.GetTotalAllocatedBytes(precise: true), GC.GetTotalPauseDuration(), Stopwatch.GetTimestamp());
        state.Restore(stream);
        var took = Stopwatch.GetElapsedTime(started);
        var perByte = (double)(GC.GetTotalAllocatedBytes(precise: true) - allocated) / state.Bytes;
        Console.WriteLine($"{Count:N0} values of {Bytes:N0} bytes are restored in {took.TotalMilliseconds:0} ms, "
            + $"{(GC.GetTotalPauseDuration() - paused).TotalMilliseconds:0} ms of them pauses; {perByte:0.00} bytes are allocated for each.");
    }

    /// <summary>Keys in order fill their blocks: what a restored state takes, and what is kept by index or time.</summary>
    private static void MeasureFill(int count)
    {
        var before = GC.GetTotalMemory(forceFullCollection: true);
        var state = new KeyedState();
        var key = new byte[8];
        for (long number = 0; number < count; number++)
        {
            System.Buffers.Binary.BinaryPrimitives.WriteInt64BigEndian(key, number);
            state.Set(key, key);
        }

        var bytes = GC.GetTotalMemory(forceFullCollection: true) - before;
        Console.WriteLine($"Added in order, an entry takes {((double)bytes / count) - 16:0.0} bytes beyond key and value.");
        GC.KeepAlive(state);
    }

    private static void MeasureCounters(byte[][] keys)
    {
        var before = GC.GetTotalMemory(forceFullCollection: true);
        var machine = new CounterMachine();
        var results = new CounterResult[1];
        for (var number = 0; number < keys.Length; number++)
        {
            var entry = new EntryId(new Term(3), new LogIndex(10_000_000 + number));
            machine.Apply([new(new IncrementCounter(1), Encoding.ASCII.GetString(keys[number]), entry, default)], results);
        }

        results[0] = CounterNotFound.Instance;
        var bytes = GC.GetTotalMemory(forceFullCollection: true) - before;
        Console.WriteLine($"A counter takes {((double)bytes / keys.Length) - keys.Average(key => key.Length):0} bytes beyond its name.");
        GC.KeepAlive(machine);
    }

    private static void MeasureRequests(int count)
    {
        const string Id = "0b0e5f0c-7f2a-4f3e-9c4e-";
        var machine = new StateMachineHost<CounterCommand, CounterResult>(new CounterMachine(), new CounterCommandCodec(), new CounterResultCodec());
        var before = GC.GetTotalMemory(forceFullCollection: true);
        var body = new ArrayBufferWriter<byte>();
        new CounterCommandCodec().Write(new IncrementCounter(1), body);
        var (entries, replies) = (new Entry[1], new Reply[1]);
        var started = Stopwatch.GetTimestamp();
        for (var number = 1; number <= count; number++)
        {
            var id = Id + number.ToString("x12", CultureInfo.InvariantCulture);
            var envelope = CommandEnvelopeCodec.Encode(
                CommandEnvelope.ForRequest("bench/hot", body.WrittenMemory, new LogTime((number / 10) + 1_000), id));
            entries[0] = new Entry(new EntryId(new Term(3), new LogIndex(number)), EntryKind.Command, new LogTime(number / 10), envelope);
            machine.Apply(entries, replies);
        }

        var took = Stopwatch.GetElapsedTime(started);
        (entries[0], replies[0]) = (default, default);
        var bytes = GC.GetTotalMemory(forceFullCollection: true) - before;
        Console.WriteLine($"A request id of {Id.Length + 12} characters takes {(double)bytes / machine.RequestIds:0} bytes with the result of an "
            + $"increment; making, applying and remembering one took {took.TotalMicroseconds / count:0.0} us.");
        GC.KeepAlive(machine);
    }

    private interface IHolder
    {
        void Set(byte[] key, byte[] value);

        void Get(byte[] key);

        IDisposable? View();
    }

    private sealed class OfKeyedState : IHolder
    {
        private readonly KeyedState state = new();

        public void Set(byte[] key, byte[] value) => state.Set(key, value);

        public void Get(byte[] key) => state.TryGet(key, out _);

        public IDisposable View() => state.View();
    }

    private sealed class OfImmutable : IHolder
    {
        private ImmutableSortedDictionary<byte[], byte[]> state = ImmutableSortedDictionary.Create<byte[], byte[]>(Ordinal.Instance);

        public void Set(byte[] key, byte[] value) => state = state.SetItem(key.ToArray(), value.ToArray());

        public void Get(byte[] key) => state.TryGetValue(key, out _);

        public IDisposable? View() => null;
    }

    private sealed class OfSorted : IHolder
    {
        private readonly SortedDictionary<byte[], byte[]> state = new(Ordinal.Instance);

        public void Set(byte[] key, byte[] value) => state[key.ToArray()] = value.ToArray();

        public void Get(byte[] key) => state.TryGetValue(key, out _);

        public IDisposable? View() => null;
    }

    private sealed class OfDictionary : IHolder
    {
        private readonly Dictionary<string, (long Value, long Index, long Term)> state = new(StringComparer.Ordinal);

        public void Set(byte[] key, byte[] value) => state[Encoding.ASCII.GetString(key)] = (value[0], value[1], value[2]);

        public void Get(byte[] key) => state.TryGetValue(Encoding.ASCII.GetString(key), out _);

        public IDisposable? View() => null;
    }

    private sealed class Ordinal : IComparer<byte[]>
    {
        public static Ordinal Instance { get; } = new();

        public int Compare(byte[]? x, byte[]? y) => x.AsSpan().SequenceCompareTo(y);
    }
}
