using CsCheck;
using OrleansRaft.Counters;
using OrleansRaft.Counters.Web;
using OrleansRaft.Runtime;

namespace OrleansRaft.Integration.Tests.Server;

public sealed class CounterListingTests
{
    [Fact]
    public void Pages_of_all_groups_together_are_every_counter_once_in_order() =>
        Gen.Select(Gen.Int[0, 40], Gen.Int[1, 5], Gen.Int[1, 12], Gen.Int[0, 1_000]).Sample((counters, groups, limit, seed) =>
        {
            var random = new Random(seed);
            var machines = Enumerable.Range(0, groups).Select(_ => new CounterMachine()).ToArray();
            var names = Enumerable.Range(0, counters).Select(i => $"c{i}").ToArray();
            foreach (var name in names)
            {
                var machine = machines[random.Next(groups)];
                machine.Apply(
                    [new(new SetCounter(1), $"acme/{name}", new EntryId(new Term(1), new LogIndex(1)), LogTime.Zero)], new CounterResult[1]);
            }

            var listed = new List<string>();
            for (string? after = ""; after is not null;)
            {
                var page = PageOf(machines, after, limit);
                page.Counters.Length.ShouldBeLessThanOrEqualTo(limit);
                listed.AddRange(page.Counters.Select(counter => counter.Counter.Counter));
                after = page.More ? listed[^1] : null;
            }

            listed.ShouldBe(names.Order(StringComparer.Ordinal));
        });

    [Fact]
    public void A_page_is_refused_whole_when_one_group_does_not_answer()
    {
        Outcome<CounterResult>[] parts =
        [
            new Committed<CounterResult>(new CounterPage([], More: false), default, "counters-0"),
            new Rejected<CounterResult>(RejectionReason.NoLeader, null, TimeSpan.FromSeconds(1), "Nobody leads counters-1."),
        ];

        var problem = CounterListing.Merge(parts, "acme", 10).Problem.ShouldNotBeNull();

        problem.Type.ShouldBe("no-leader");
        problem.Detail.ShouldContain("counters-1");
    }

    private static CounterListPage PageOf(CounterMachine[] machines, string after, int limit)
    {
        var query = new Command<CounterCommand>(new ListCounters("acme", after, limit), "", default, default);
        var parts = machines
            .Select((machine, number) => (Outcome<CounterResult>)new Committed<CounterResult>(machine.Query(query), default, $"counters-{number}"))
            .ToArray();
        return CounterListing.Merge(parts, "acme", limit).Value;
    }
}
