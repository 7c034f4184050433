using System.Buffers;
using System.CommandLine;
using System.Globalization;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Serialization;
using OrleansRaft.Benchmarks.Macro;
using OrleansRaft.Client;
using OrleansRaft.Counters;
using OrleansRaft.ReplicatedGrains.Calls;
using OrleansRaft.ReplicatedGrains.Execution;
using OrleansRaft.Runtime;

namespace OrleansRaft.Benchmarks.Replicated;

/// <summary>
/// <c>calls</c>: what the parts of a replicated grain's call cost beside those of a counter's, on one thread and without a cluster.
/// </summary>
internal static class CallsBenchmark
{
    private const int Keys = 1_000;
    private const int Calls = 50_000;

    public static Command Create()
    {
        var rounds = new Option<int>("--rounds") { Description = "How often each is measured; medians count.", DefaultValueFactory = static _ => 7 };
        var command = new Command("calls", "Measures the parts of a replicated grain's call beside a counter's, in this process.") { rounds };
        command.SetAction(async (parsed, _) =>
        {
            using var services = new ServiceCollection().AddSerializer().BuildServiceProvider();
            var parts = new CounterParts(services).All().Zip(new GrainParts(services).All(), static (counter, grain) => (counter, grain)).ToList();
            var figures = parts.ConvertAll(static _ => (Counter: new List<Figure>(), Grain: new List<Figure>()));
            for (var round = -2; round < Math.Max(1, parsed.GetValue(rounds)); round++)
            {
                for (var i = 0; i < parts.Count; i++)
                {
                    var (counter, grain) = (Measure(parts[i].counter.Call), Measure(parts[i].grain.Call));
                    if (round >= 0)
                    {
                        figures[i].Counter.Add(counter);
                        figures[i].Grain.Add(grain);
                    }
                }
            }

            Console.WriteLine($"{await Machine.DescribeAsync()}");
            Console.WriteLine();
            Console.WriteLine("| ns of processor time, bytes allocated | a counter | | a replicated grain | |");
            Console.WriteLine("|---|--:|--:|--:|--:|");
            for (var i = 0; i < parts.Count; i++)
            {
                Console.WriteLine(string.Create(
                    CultureInfo.InvariantCulture,
                    $"| {parts[i].counter.Name} | {Figure.Median(figures[i].Counter)} | {Figure.Median(figures[i].Grain)} |"));
            }
        });
        return command;
    }

    private static Figure Measure(Action<int> call)
    {
        var (bytes, time) = (GC.GetAllocatedBytesForCurrentThread(), Environment.CpuUsage.TotalTime);
        for (var i = 0; i < Calls; i++)
        {
            call(i);
        }

        return new Figure(
            (Environment.CpuUsage.TotalTime - time).TotalNanoseconds / Calls, (GC.GetAllocatedBytesForCurrentThread() - bytes) / (double)Calls);
    }

    /// <summary>A part of a call, for a number.</summary>
    private readonly record struct Part(string Name, Action<int> Call);

    private readonly record struct Figure(double Nanoseconds, double Bytes)
    {
        public static string Median(IReadOnlyCollection<Figure> figures) => string.Create(
            CultureInfo.InvariantCulture,
            $"{Spread.Of(figures.Select(static one => one.Nanoseconds)).Median:0} | {Spread.Of(figures.Select(static one => one.Bytes)).Median:0}");
    }

    /// <summary>The parts of a call of either kind.</summary>
    private abstract class Parts<TCommand, TResult>(IServiceProvider services, TResult refusal) : IRaftRouter<TCommand, TResult>
    {
        private readonly string[] keys = [.. Enumerable.Range(0, Keys).Select(static one => $"bench/c{one}")];
        private readonly Serializer serializer = services.GetRequiredService<Serializer>();
        private readonly TResult[] results = new TResult[1];
        private long last;

        protected abstract IStateMachine<TCommand, TResult> Machine { get; }

        /// <summary>As clients and routers have it.</summary>
        protected abstract ICommandCodec<TCommand> Sent { get; }

        /// <summary>As replicas have it.</summary>
        protected abstract ICommandCodec<TCommand> Commands { get; }

        protected abstract ICommandCodec<TResult> Results { get; }

        private TCommand Sending { get; set; } = default!;

        private TResult Answer { get; set; } = refusal;

        public IEnumerable<Part> All()
        {
            var (write, read) = (Caught(Write), Caught(Read));
            var (writeBytes, readBytes) = (Encode(Sent, write), Encode(Sent, read));
            yield return new Part("the caller's part of a write, without its way to a silo", i => Write(keys[i % Keys]));
            yield return new Part("the caller's part of a read, likewise", i => Read(keys[i % Keys]));
            yield return new Part("a write between client and silo, and its answer", _ => Carry(write));
            yield return new Part("a read between client and silo, and its answer", _ => Carry(read));
            yield return new Part("a router writes a command", _ => Encode(Sent, write));
            yield return new Part("a replica reads a command", _ => Commands.Read(writeBytes));
            yield return new Part("a replica reads and applies a command", i => Apply(keys[i % Keys], writeBytes));
            yield return new Part("a replica reads and answers a query", i => Query(keys[i % Keys], readBytes));
            yield return new Part("a replica writes an answer, and a router reads it", _ => Results.Read(Encode(Results, Answer)));
        }

        public Task<Outcome<TResult>> SubmitAsync(string key, TCommand command, string? requestId) => Catch(command);

        public Task<Outcome<TResult>> QueryAsync(string key, TCommand query, ReadConsistency consistency) => Catch(query);

        public Task<Outcome<TResult>> QueryGroupAsync(int number, TCommand query, ReadConsistency consistency) => throw new NotSupportedException();

        public Task<int> CountGroupsAsync() => Task.FromResult(1);

        /// <summary>Writes through what a caller has.</summary>
        protected abstract void Write(string key);

        /// <summary>Reads through what a caller has.</summary>
        protected abstract void Read(string key);

        private Task<Outcome<TResult>> Catch(TCommand command)
        {
            Sending = command;
            return Task.FromResult<Outcome<TResult>>(new Committed<TResult>(Answer, Entry(), "bench-0"));
        }

        /// <summary>What a call sends, and what a machine answers to it.</summary>
        private TCommand Caught(Action<string> call)
        {
            try
            {
                call(keys[0]);
            }
            catch (NotCommittedException)
            {
                // There is no answer before the first call.
            }

            Apply(keys[0], Encode(Sent, Sending));
            Answer = results[0];
            return Sending;
        }

        private void Carry(TCommand command)
        {
            serializer.Deserialize<Carried<TCommand>>(serializer.SerializeToArray(new Carried<TCommand>(command)));
            var outcome = new Committed<Carried<TResult>>(new Carried<TResult>(Answer), Entry(), "bench-0");
            serializer.Deserialize<Outcome<Carried<TResult>>>(serializer.SerializeToArray<Outcome<Carried<TResult>>>(outcome));
        }

        private void Apply(string key, ReadOnlyMemory<byte> command)
        {
            last++;
            Machine.Apply([new Command<TCommand>(Commands.Read(command), key, Entry(), new LogTime(last))], results);
        }

        private void Query(string key, ReadOnlyMemory<byte> query) =>
            results[0] = Machine.Query(new Command<TCommand>(Commands.Read(query), key, Entry(), new LogTime(last)));

        private EntryId Entry() => new(new Term(3), new LogIndex(last));

        private static byte[] Encode<T>(ICommandCodec<T> codec, T value)
        {
            var output = new ArrayBufferWriter<byte>();
            codec.Write(value, output);
            return output.WrittenSpan.ToArray();
        }
    }

    private sealed class CounterParts(IServiceProvider services) : Parts<CounterCommand, CounterResult>(services, CounterNotFound.Instance)
    {
        private static readonly IncrementCounter One = new(1);
        private static readonly GetCounter TheGet = new();

        protected override IStateMachine<CounterCommand, CounterResult> Machine { get; } = new CounterMachine();

        protected override ICommandCodec<CounterCommand> Sent { get; } = new CounterCommandCodec();

        protected override ICommandCodec<CounterCommand> Commands => Sent;

        protected override ICommandCodec<CounterResult> Results { get; } = new CounterResultCodec();

        protected override void Write(string key) =>
            new RaftGroup<CounterCommand, CounterResult>(this, key).SubmitAsync(One).GetAwaiter().GetResult();

        protected override void Read(string key) =>
            new RaftGroup<CounterCommand, CounterResult>(this, key).QueryAsync(TheGet).GetAwaiter().GetResult();
    }

    private sealed class GrainParts : Parts<GrainCall, GrainAnswer>, IGrainCluster
    {
        private readonly GrainMachine machine;

        public GrainParts(IServiceProvider services)
            : base(services, GrainAnswer.Refused(RejectionReason.NoLeader, "There is no answer yet."))
        {
            var bound = new BoundSet(new GrainSet("bench", [GrainClass.Of(typeof(Tally))], newest: null, oldest: 1, verifiesCalls: false), services);
            (machine, Tools) = (new GrainMachine(bound), bound.Tools);
            Sent = new GrainCallCodec(Tools.Serializer, null);
            Commands = new GrainCallCodec(Tools.Serializer, bound.Set);
        }

        public CallTools Tools { get; }

        protected override IStateMachine<GrainCall, GrainAnswer> Machine => machine;

        protected override ICommandCodec<GrainCall> Sent { get; }

        protected override ICommandCodec<GrainCall> Commands { get; }

        protected override ICommandCodec<GrainAnswer> Results { get; } = new GrainAnswerCodec();

        public ValueTask<string?> FindSetAsync(GrainInterface type) => new("bench");

        public IRaftRouter<GrainCall, GrainAnswer> RouterTo(string set) => this;

        protected override void Write(string key) => Make(key).Add(1).GetAwaiter().GetResult();

        protected override void Read(string key) => Make(key).Get().AsTask().GetAwaiter().GetResult();

        private ITally Make(string key) =>
            Tools.Proxies.Create<ITally>(new GroupTarget(this, GrainInterface.Of(typeof(ITally)), key, key, CallOptions.Default));
    }
}
