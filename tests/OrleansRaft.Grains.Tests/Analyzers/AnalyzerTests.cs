using Microsoft.CodeAnalysis.CodeFixes;
using OrleansRaft.Analyzers;

namespace OrleansRaft.Grains.Tests.Analyzers;

public sealed class AnalyzerTests
{
    [Theory]
    [InlineData("var now = DateTime.UtcNow;", "ORAFT0001")]
    [InlineData("var now = DateTimeOffset.Now;", "ORAFT0001")]
    [InlineData("var now = Stopwatch.GetTimestamp();", "ORAFT0001")]
    [InlineData("var now = Environment.TickCount64;", "ORAFT0001")]
    [InlineData("var now = TimeProvider.System;", "ORAFT0001")]
    [InlineData("Func<DateTime> clock = () => DateTime.Now;", "ORAFT0001")]
    [InlineData("var id = Guid.NewGuid();", "ORAFT0002")]
    [InlineData("Func<Guid> ids = Guid.NewGuid;", "ORAFT0002")]
    [InlineData("var random = Random.Shared;", "ORAFT0002")]
    [InlineData("var random = new Random();", "ORAFT0002")]
    [InlineData("var hash = \"a\".GetHashCode();", "ORAFT0002")]
    [InlineData("var text = File.ReadAllText(\"a\");", "ORAFT0003")]
    [InlineData("var client = new HttpClient();", "ORAFT0003")]
    [InlineData("Console.WriteLine();", "ORAFT0003")]
    [InlineData("Thread.Sleep(1);", "ORAFT0003")]
    [InlineData("var task = Task.Run(() => 1);", "ORAFT0003")]
    [InlineData("var name = Environment.MachineName;", "ORAFT0003")]
    [InlineData("await new TaskCompletionSource().Task;", "ORAFT0004")]
    [InlineData("Task other = null; await other;", "ORAFT0004")]
    [InlineData("await Task.WhenAll();", "ORAFT0004")]
    [InlineData("State.Pieces = Settings.Limit;", "ORAFT0005")]
    [InlineData("State.Pieces = Settings.Rate;", "ORAFT0005")]
    [InlineData("State.Pieces = Settings.Loose.Count;", "ORAFT0005")]
    [InlineData("foreach (var name in State.Names) { State.List.Add(name.Key); }", "ORAFT0006")]
    [InlineData("foreach (var name in State.Names.Keys) { State.List.Add(name); }", "ORAFT0006")]
    [InlineData("foreach (var one in new HashSet<int>()) { State.Pieces += one; }", "ORAFT0006")]
    [InlineData("foreach (var one in State.Names.Where(one => one.Value > 1).ToList()) { State.List.Add(one.Key); }", "ORAFT0006")]
    [InlineData("State.List.Add(State.Names.First().Key);", "ORAFT0006")]
    [InlineData("State.List.Add(State.Names.Keys.FirstOrDefault(one => one.Length > 1));", "ORAFT0006")]
    [InlineData("State.List.Add(string.Join(',', State.Names.Keys));", "ORAFT0006")]
    [InlineData("State.List.Add(string.Concat(State.Names.Select(one => one.Key)));", "ORAFT0006")]
    [InlineData("State.List.AddRange(State.Names.Keys);", "ORAFT0006")]
    [InlineData("State.List = State.Names.Keys.ToList();", "ORAFT0006")]
    [InlineData("State.List = [.. State.Names.Keys];", "ORAFT0006")]
    [InlineData("State.List = new List<string>(State.Names.Keys);", "ORAFT0006")]
    [InlineData("State.Pieces = State.Names.Values.Take(3).Sum();", "ORAFT0006")]
    [InlineData("State.Pieces = State.Names.Values.Aggregate((a, b) => 31 * a + b);", "ORAFT0006")]
    public async Task What_is_not_the_same_on_every_replica_is_reported(string body, string rule)
    {
        using var code = AnalyzedCode.Method(body);

        (await code.DiagnoseAsync()).Select(static one => one.Id).ShouldBe([rule]);
    }

    [Theory]
    [InlineData("State.Pieces += pieces;")]
    [InlineData("var now = Context.Time; var id = Context.NewGuid(); var number = Context.Random.Next(3);")]
    [InlineData("var random = new Random(7); State.Pieces = random.Next();")]
    [InlineData("await Local<ICart>(\"b\").Add(1);")]
    [InlineData("await Local<ICart>(\"b\").Add(1).ConfigureAwait(false);")]
    [InlineData("await Task.CompletedTask; await Task.FromResult(1); await Helper();")]
    [InlineData("State.Pieces = Settings.Most + Settings.Fixed.Length;")]
    [InlineData("var first = DateTime.MinValue; var none = Guid.Empty; var path = Path.Combine(\"a\", \"b\");")]
    [InlineData("foreach (var name in State.Names.OrderBy(one => one.Key)) { State.List.Add(name.Key); }")]
    [InlineData("foreach (var name in State.List) { State.Pieces++; }")]
    [InlineData("State.Pieces = State.Names.Values.Sum() + State.Names.Count(one => one.Value > 1) + State.Names.Values.Max();")]
    [InlineData("State.List.AddRange(State.Names.Keys.Order());")]
    [InlineData("State.List.Add(string.Join(',', State.Names.Keys.Order()));")]
    [InlineData("State.List.Add(State.Names.OrderBy(one => one.Value).ThenBy(one => one.Key).First().Key);")]
    [InlineData("var names = State.Names.Keys.ToList(); names.Sort(); State.List = names;")]
    [InlineData("var names = new List<string>(State.Names.Keys); names.Sort(); State.List = names;")]
    [InlineData("var names = State.Names.Keys.ToArray(); Array.Sort(names); State.List.AddRange(names);")]
    [InlineData("HashSet<string> names = [.. State.Names.Keys]; State.Pieces = names.Count;")]
    [InlineData("State.List.Add(State.List.First());")]
    public async Task What_is_the_same_everywhere_is_not(string body)
    {
        using var code = AnalyzedCode.Method(body, "private Task Helper() => Task.CompletedTask;");

        (await code.DiagnoseAsync()).ShouldBeEmpty();
    }

    [Fact]
    public async Task Code_that_is_no_replicated_grain_may_do_what_it_likes()
    {
        using var code = AnalyzedCode.Text("""
            public sealed class Plain
            {
                public static int Count;

                public async Task<DateTime> Now()
                {
                    Count++;
                    await Task.Delay(1);
                    Console.WriteLine(Guid.NewGuid());
                    return DateTime.UtcNow;
                }
            }
            """);

        (await code.DiagnoseAsync()).ShouldBeEmpty();
    }

    [Theory]
    [InlineData("var now = DateTimeOffset.UtcNow;", "var now = Context.Time;")]
    [InlineData("var now = DateTime.UtcNow;", "var now = Context.Time.UtcDateTime;")]
    [InlineData("var id = Guid.NewGuid();", "var id = Context.NewGuid();")]
    [InlineData("var random = new Random();", "var random = Context.Random;")]
    [InlineData("var random = System.Random.Shared;", "var random = Context.Random;")]
    [InlineData("foreach (var name in State.Names) { }", "foreach (var name in State.Names.OrderBy(static one => one.Key)) { }")]
    [InlineData("foreach (var name in State.Names.Keys) { }", "foreach (var name in State.Names.Keys.Order()) { }")]
    [InlineData("State.List.AddRange(State.Names.Keys);", "State.List.AddRange(State.Names.Keys.Order());")]
    [InlineData(
        "State.List.Add(State.Names.Where(one => one.Value > 1).First().Key);",
        "State.List.Add(State.Names.OrderBy(static one => one.Key).Where(one => one.Value > 1).First().Key);")]
    public async Task What_the_context_offers_takes_the_place_of_what_it_should(string before, string after) =>
        (await FixAsync(AnalyzedCode.Method(before), new ContextFixProvider())).ShouldContain(after);

    [Fact]
    public async Task Names_that_logs_and_states_hold_get_an_alias()
    {
        const string Grain = """
            namespace Shop
            {
                {0}
                public interface ICart : IReplicatedGrain
                {
                    {1}
                    Task Add(int pieces);
                }

                [GenerateSerializer]
                public sealed class CartState
                {
                }

                {2}
                public sealed class Cart : ReplicatedGrain<CartState>, ICart
                {
                    public Task Add(int pieces) => Task.CompletedTask;
                }
            }
            """;
        string[] aliases = ["[Alias(\"i\")]", "[Alias(\"m\")]", "[Alias(\"c\")]"];
        string[] added = ["[Alias(\"Shop.ICart\")]", "[Alias(\"Add\")]", "[Alias(\"Shop.Cart\")]"];
        for (var missing = 0; missing < aliases.Length; missing++)
        {
            var text = Grain;
            for (var place = 0; place < aliases.Length; place++)
            {
                text = text.Replace($"{{{place}}}", place == missing ? "" : aliases[place], StringComparison.Ordinal);
            }

            var changed = await FixAsync(AnalyzedCode.Text(text), new AttributeFixProvider());

            changed.ShouldContain(added[missing]);
            using var again = AnalyzedCode.Text(changed[changed.IndexOf("namespace", StringComparison.Ordinal)..]);
            (await again.DiagnoseAsync()).ShouldBeEmpty();
        }
    }

    [Fact]
    public async Task A_state_gets_what_makes_Orleans_keep_it()
    {
        var changed = await FixAsync(
            AnalyzedCode.Text("""
                namespace Shop
                {
                    [Alias("i")]
                    public interface ICart : IReplicatedGrain
                    {
                        [Alias("m")]
                        Task Add(int pieces);
                    }

                    /// <summary>What is in it.</summary>
                    public sealed class CartState
                    {
                        public int Pieces { get; set; }

                        public int Twice => 2 * Pieces;

                        public string Owner { get; set; } = "";
                    }

                    [Alias("c")]
                    public sealed class Cart : ReplicatedGrain<CartState>, ICart
                    {
                        public Task Add(int pieces) => Task.CompletedTask;
                    }
                }
                """),
            new AttributeFixProvider());

        changed.ShouldContain("[GenerateSerializer]");
        changed.ShouldContain("[Id(0)]");
        changed.ShouldContain("[Id(1)]");
        changed.ShouldNotContain("[Id(2)]");
        using var again = AnalyzedCode.Text(changed[changed.IndexOf("namespace", StringComparison.Ordinal)..]);
        (await again.DiagnoseAsync()).ShouldBeEmpty();
    }

    [Fact]
    public async Task Arguments_and_results_without_a_serializer_are_reported()
    {
        using var code = AnalyzedCode.Text("""
            public sealed class Parcel
            {
            }

            [Alias("i")]
            public interface IPost : IReplicatedGrain
            {
                [Alias("s")]
                Task Send(Parcel parcel);

                [Alias("f")]
                Task<Parcel> Fetch(int number);
            }
            """);

        (await code.DiagnoseAsync()).Select(static one => one.Id).ShouldBe(["ORAFT0007", "ORAFT0007"]);
    }

    private static async Task<string> FixAsync(AnalyzedCode code, CodeFixProvider provider)
    {
        using (code)
        {
            return await code.FixAsync(provider);
        }
    }
}
