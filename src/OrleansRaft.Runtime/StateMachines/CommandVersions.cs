using System.Collections;
using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Reflection;
using System.Runtime.CompilerServices;
using OrleansRaft.Core;

namespace OrleansRaft.Runtime.StateMachines;

/// <summary>Which version of its state machine a command needs, as <see cref="SinceAttribute"/> says. Any thread.</summary>
/// <remarks>
/// What a command holds is read from its fields, whatever their visibility, through values, collections and members of members; types of the
/// runtime's own are not looked into. Types that cannot hold anything marked cost one look-up.
/// </remarks>
internal static class CommandVersions
{
    private const int DepthMax = 128;

    private static readonly ConcurrentDictionary<Type, TypePlan> Plans = new();

    /// <summary>The lowest version that understands a command without loss; 1 where nothing is marked.</summary>
    /// <typeparam name="T">The type of the group's commands.</typeparam>
    /// <param name="command">The command.</param>
    /// <exception cref="ArgumentException">The command is nested more than 128 deep through types with marks.</exception>
    public static int NeededBy<T>(T command) => command switch
    {
        null => MachineVersions.Initial,
        IKnownCommand known => known.Needs,
        _ => IsPlain(typeof(T)) ? MachineVersions.Initial : NeededByObject(command, 0),
    };

    /// <summary>Whether a value that is declared with a type may need more than the first version.</summary>
    internal static bool MayNeed(Type declared) => !IsPlain(declared) && Planner.MayHoldMarks(declared, []);

    /// <summary>Finds a mark that names a version beyond the newest that a state machine supports: what it stands on could never be sent.</summary>
    /// <param name="command">The type of the group's commands; types of its assembly that derive from it are looked into, too.</param>
    /// <param name="newest">The newest version.</param>
    /// <returns>The mark, and where it stands; null for none.</returns>
    /// <exception cref="ArgumentException">A mark names no version that there may be.</exception>
    internal static (int Version, string Where)? FindMarkBeyond(Type command, int newest)
    {
        var seen = new HashSet<Type>();
        var derived = command.Assembly.GetTypes().Where(type => !type.ContainsGenericParameters && type.IsAssignableTo(command));
        foreach (var type in derived.Prepend(command))
        {
            if (Planner.FindMarkBeyond(type, newest, seen) is { } found)
            {
                return found;
            }
        }

        return null;
    }

    /// <summary>The mark of a field, of the property that it keeps, or of the parameter of a record that both come from.</summary>
    internal static SinceAttribute? MarkOf(FieldInfo field)
    {
        if (field.GetCustomAttribute<SinceAttribute>() is { } own)
        {
            return own;
        }

        var (name, type) = (NameOf(field), field.DeclaringType!);
        if (name == field.Name)
        {
            return null;
        }

        const BindingFlags All = BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.DeclaredOnly;
        return type.GetProperty(name, All)?.GetCustomAttribute<SinceAttribute>()
            ?? type.GetConstructors(All).SelectMany(static constructor => constructor.GetParameters())
                .Where(parameter => parameter.Name == name && parameter.ParameterType == field.FieldType)
                .Select(static parameter => parameter.GetCustomAttribute<SinceAttribute>())
                .FirstOrDefault(static mark => mark is not null);
    }

    /// <summary>The name of a field, or of the property that it keeps.</summary>
    internal static string NameOf(FieldInfo field) =>
        field.Name.StartsWith('<') && field.Name.IndexOf('>') is > 1 and var end ? field.Name[1..end] : field.Name;

    /// <summary>The value of a field that an earlier program assumes; null without a mark.</summary>
    internal static object? DefaultOf(FieldInfo field, SinceAttribute? mark)
    {
        var type = Nullable.GetUnderlyingType(field.FieldType) ?? field.FieldType;
        return mark is null ? null
            : mark.Default is { } named ? Convert(named, type)
            : field.FieldType.IsValueType && type == field.FieldType ? RuntimeHelpers.GetUninitializedObject(type)
            : null;
    }

    private static object Convert(object named, Type type) => type.IsEnum
        ? Enum.ToObject(type, named)
        : System.Convert.ChangeType(named, type, System.Globalization.CultureInfo.InvariantCulture);

    private static int NeededByObject(object value, int depth)
    {
        var plan = PlanOf(value.GetType());
        var needed = plan.Since;
        if (plan.IsEmpty)
        {
            return needed;
        }

        if (depth == DepthMax)
        {
            throw new ArgumentException($"A command is nested more than {DepthMax} deep, at {value.GetType().FullName}.", nameof(value));
        }

        if (value is Enum)
        {
            return Math.Max(needed, plan.EnumValues.GetValueOrDefault(value, MachineVersions.Initial));
        }

        foreach (var member in plan.Members)
        {
            if (member.Field.GetValue(value) is not { } held)
            {
                // Null is the default unless another was named.
                needed = Math.Max(needed, member.Since is { } when && member.Default is not null ? when : MachineVersions.Initial);
                continue;
            }

            if (member.Since is { } since && !held.Equals(member.Default))
            {
                needed = Math.Max(needed, since);
            }

            if (!member.IsPlain)
            {
                needed = Math.Max(needed, NeededByObject(held, depth + 1));
            }
        }

        if (plan.HasItems)
        {
            foreach (var item in (IEnumerable)value)
            {
                needed = item is null ? needed : Math.Max(needed, NeededByObject(item, depth + 1));
            }
        }

        return needed;
    }

    /// <summary>Whether nothing that is marked can be in a value that is declared with this type.</summary>
    private static bool IsPlain(Type declared) =>
        (declared.IsValueType || declared.IsSealed) && PlanOf(declared) is { IsEmpty: true, Since: MachineVersions.Initial };

    private static TypePlan PlanOf(Type type) => Plans.TryGetValue(type, out var plan) ? plan : Plans.GetOrAdd(type, Planner.Plan);

    /// <summary>Whether the fields of a type are not looked into: its items are, where it has some.</summary>
    private static bool IsOfRuntime(Type type) =>
        type.IsPrimitive
        || type.IsPointer
        || type.IsArray
        || type.Assembly == typeof(ImmutableArray).Assembly
        || type.Assembly == typeof(SortedSet<int>).Assembly
        || (type.Assembly == typeof(object).Assembly && !IsTuple(type));

    private static bool IsTuple(Type type) =>
        type.IsAssignableTo(typeof(ITuple)) || (type.IsGenericType && type.GetGenericTypeDefinition() == typeof(KeyValuePair<,>));

    /// <param name="Field">Where the value is.</param>
    /// <param name="Since">The version that it needs when it is set; null for any.</param>
    /// <param name="Default">The value that does not count as set; null for a reference that is not there.</param>
    /// <param name="IsPlain">Whether nothing marked can be within the value.</param>
    private sealed record Member(FieldInfo Field, int? Since, object? Default, bool IsPlain);

    private sealed class TypePlan
    {
        public int Since { get; init; } = MachineVersions.Initial;

        public Member[] Members { get; set; } = [];

        public bool HasItems { get; set; }

        public Dictionary<object, int> EnumValues { get; } = [];

        public bool IsEmpty => Members.Length == 0 && !HasItems && EnumValues.Count == 0;
    }

    /// <summary>Makes plans: which fields of a type are marked, or may hold something that is.</summary>
    private static class Planner
    {
        public static TypePlan Plan(Type type)
        {
            var plan = new TypePlan { Since = SinceOf(type) };
            if (type.IsEnum)
            {
                PlanEnum(type, plan);
                return plan;
            }

            plan.HasItems = ItemTypeOf(type) is { } items && MayHoldMarks(items, []);
            plan.Members = [.. FieldsOf(type).Select(Describe).Where(static member => member is { Since: not null } or { IsPlain: false })];
            return plan;
        }

        /// <summary>
        /// Whether something marked may be in a value that is declared with this type: also where it may be of a type that derives from it.
        /// </summary>
        public static bool MayHoldMarks(Type declared, HashSet<Type> seen)
        {
            var type = Nullable.GetUnderlyingType(declared) ?? declared;
            if (!type.IsValueType && !type.IsSealed)
            {
                return true;
            }

            return seen.Add(type)
                && (SinceOf(type) > MachineVersions.Initial
                    || (type.IsEnum
                        && type.GetFields(BindingFlags.Public | BindingFlags.Static).Any(static value => value.IsDefined(typeof(SinceAttribute))))
                    || (ItemTypeOf(type) is { } items && MayHoldMarks(items, seen))
                    || FieldsOf(type).Any(field => MarkOf(field) is not null || MayHoldMarks(field.FieldType, seen)));
        }

        public static (int Version, string Where)? FindMarkBeyond(Type declared, int newest, HashSet<Type> seen)
        {
            var type = Nullable.GetUnderlyingType(declared) ?? declared;
            if (!seen.Add(type))
            {
                return null;
            }

            if (SinceOf(type) is var own && own > newest)
            {
                return (own, type.Name);
            }

            if (type.IsEnum)
            {
                var values = new TypePlan();
                PlanEnum(type, values);
                return values.EnumValues.Where(value => value.Value > newest)
                    .Select(value => ((int, string)?)(value.Value, $"{type.Name}.{value.Key}"))
                    .FirstOrDefault();
            }

            foreach (var field in FieldsOf(type))
            {
                var where = $"{field.DeclaringType!.Name}.{NameOf(field)}";
                if (VersionOf(MarkOf(field), where) is { } since && since > newest)
                {
                    return (since, where);
                }

                if (FindMarkBeyond(field.FieldType, newest, seen) is { } within)
                {
                    return within;
                }
            }

            return ItemTypeOf(type) is { } items ? FindMarkBeyond(items, newest, seen) : null;
        }

        private static int SinceOf(Type type)
        {
            var since = MachineVersions.Initial;
            for (var one = type; one is not null; one = one.BaseType)
            {
                since = Math.Max(since, VersionOf(one.GetCustomAttribute<SinceAttribute>(), one.Name) ?? since);
            }

            return since;
        }

        private static void PlanEnum(Type type, TypePlan plan)
        {
            foreach (var field in type.GetFields(BindingFlags.Public | BindingFlags.Static))
            {
                if (VersionOf(field.GetCustomAttribute<SinceAttribute>(), $"{type.Name}.{field.Name}") is { } since)
                {
                    plan.EnumValues[field.GetValue(null)!] = since;
                }
            }
        }

        private static Member Describe(FieldInfo field)
        {
            var mark = MarkOf(field);
            return new Member(
                field, VersionOf(mark, $"{field.DeclaringType!.Name}.{NameOf(field)}"), DefaultOf(field, mark), !MayHoldMarks(field.FieldType, []));
        }

        private static int? VersionOf(SinceAttribute? mark, string where) => mark is null ? null
            : mark.Version is > MachineVersions.Initial and <= MachineVersions.Max ? mark.Version
            : throw new ArgumentException(
                $"[Since({mark.Version})] on {where} names no version that a state machine is raised to: they go from 2 to {MachineVersions.Max}.");

        private static IEnumerable<FieldInfo> FieldsOf(Type type)
        {
            for (var one = type; one is not null && !IsOfRuntime(one); one = one.BaseType)
            {
                foreach (var field in one.GetFields(BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.DeclaredOnly))
                {
                    yield return field;
                }
            }
        }

        /// <summary>What a collection holds; null for what is none.</summary>
        private static Type? ItemTypeOf(Type type)
        {
            if (type.IsArray || type == typeof(string))
            {
                return type.GetElementType();
            }

            Type? items = null;
            foreach (var one in type.GetInterfaces().Append(type))
            {
                if (one.IsGenericType && one.GetGenericTypeDefinition() == typeof(IEnumerable<>))
                {
                    items = one.GetGenericArguments()[0];
                }
            }

            return items;
        }
    }
}
