using System.Buffers;
using CsCheck;
using OrleansRaft.Counters;

namespace OrleansRaft.Core.Tests.Counters;

/// <summary>Random counters, commands and results; few names, so that they meet.</summary>
internal static class CounterGen
{
    public static readonly Gen<string> Key =
        Gen.Select(Among("acme", "b.corp", "Z-9"), Among("a", "B", "visits", "x_1", "~", ""), (tenant, counter) => $"{tenant}/{counter}");

    private static readonly Gen<long> Number = Gen.OneOf(Gen.Long[-3, 3], Among(long.MinValue, long.MaxValue, long.MaxValue - 1), Gen.Long);

    private static readonly Gen<CounterCondition> Condition = Gen.Frequency(
        (4, Gen.Const(CounterCondition.None)),
        (1, Gen.Const(CounterCondition.Exists)),
        (2, Gen.Long[0, 30].Select(CounterCondition.Unchanged)));

    private static readonly Gen<string> Text = Gen.String[Gen.Char['\0', '\u02ff'], 0, 40];

    public static readonly Gen<CounterCommand> Write = Gen.Frequency(
        (5, Gen.Select(Number, Condition, (by, condition) => (CounterCommand)new IncrementCounter(by, condition))),
        (2, Gen.Select(Number, Condition, (value, condition) => (CounterCommand)new SetCounter(value, condition))),
        (2, Condition.Select(condition => (CounterCommand)new DeleteCounter(condition))));

    public static readonly Gen<CounterCommand> Command = Gen.Frequency(
        (4, Write),
        (1, Gen.Const((CounterCommand)new GetCounter())),
        (1, Text.Select(tenant => (CounterCommand)new MeasureTenant(tenant))),
        (1, Gen.Select(Text, Text, Gen.Int[0, int.MaxValue], (tenant, after, limit) => (CounterCommand)new ListCounters(tenant, after, limit))));

    private static readonly Gen<long> Place = Gen.Long[0, long.MaxValue];

    private static readonly Gen<ListedCounter> Listed =
        Gen.Select(Text, Number, Place, Place, (name, value, index, term) => new ListedCounter(name, value, index, term));

    public static readonly Gen<CounterResult> Result = Gen.OneOf(
        Gen.Select(Number, Place, Place, (value, index, term) => (CounterResult)new CounterValue(value, index, term)),
        Gen.Select(Place, Place, (index, term) => (CounterResult)new CounterDeleted(index, term)),
        Gen.Const((CounterResult)CounterNotFound.Instance),
        Number.Select(value => (CounterResult)new CounterOverflow(value)),
        Place.Select(index => (CounterResult)new CounterConditionFailed(index)),
        Gen.Select(Place, Place, (bytes, most) => (CounterResult)new CounterStateFull(bytes, most)),
        Text.Select(detail => (CounterResult)new CounterCommandRefused(detail)),
        Gen.Select(Place, Place, (counters, bytes) => (CounterResult)new TenantMeasured(counters, bytes)),
        Gen.Select(Listed.Array[0, 5], Gen.Bool, (counters, more) => (CounterResult)new CounterPage([.. counters], more)));

    private static Gen<T> Among<T>(params T[] values) => Gen.Int[0, values.Length - 1].Select(i => values[i]);

    public static Command<CounterCommand> At(CounterCommand command, string key, long index) =>
        new(command, key, new EntryId(new Term(1 + (index / 10)), new LogIndex(index)), new LogTime(index));

    public static CounterResult Apply(CounterMachine machine, CounterCommand command, string key, long index)
    {
        var results = new CounterResult[1];
        machine.Apply([At(command, key, index)], results);
        return results[0];
    }

    public static CounterResult Query(CounterMachine machine, CounterCommand query, string key = "") => machine.Query(At(query, key, 0));

    public static byte[] Captured(CounterMachine machine)
    {
        var output = new ArrayBufferWriter<byte>();
        ((IStateMachine<CounterCommand, CounterResult>)machine).Capture(output);
        return output.WrittenSpan.ToArray();
    }

    public static CounterMachine Restored(ReadOnlyMemory<byte> snapshot)
    {
        var machine = new CounterMachine();
        ((IStateMachine<CounterCommand, CounterResult>)machine).Restore(snapshot);
        return machine;
    }
}
