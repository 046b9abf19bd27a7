"""Other names of dangers, as people type them: a file need not know one, but may not read it as something mild."""

from typing import Final

OF_AN_ATTEMPT: Final = (
    *("suicidal_plan", "plan_for_suicide", "intent_to_die", "suicidal_behaviour", "suicidal_behavior"),
    *("suicidal_gesture", "suicide_threat", "suicidal_attempt", "attempted_suicide", "completed_suicide"),
    *("self_poisoning", "kill_themselves", "kill_themself", "killing_herself", "killing_himself"),
    *("killing_themselves", "end_her_life", "end_his_life", "end_their_life", "cut_wrists", "cut_her_wrists"),
    *("cut_his_wrists", "cut_their_wrists", "took_all_the_pills", "took_all_her_pills", "took_all_his_pills"),
    *("took_all_their_pills", "od", "drank_bleach", "hanged_herself", "hanged_himself", "tried_to_hang"),
    *("too_many_pills", "took_too_many_tablets", "too_many_tablets", "took_a_lot_of_pills", "took_lots_of_pills"),
    *("jump_off_a_bridge", "jumping_off_a_bridge", "jump_off_a_roof", "jumping_off_a_roof", "jump_from_a_bridge"),
    *("jumping_from_a_bridge", "jump_in_front_of_a_train", "jumping_in_front_of_a_train", "jump_out_of_the_window"),
    *("jumping_out_of_the_window", "hang_herself", "hang_himself", "hang_themselves", "hanging_herself"),
    *("hanging_himself", "shoot_herself", "shoot_himself", "shoot_themselves", "slit_wrists", "slit_her_wrists"),
    "slit_his_wrists",
)
"""Of a suicide attempt, of intent and of a plan."""

SAID_SO: Final = (
    # chest_pain
    *("pain_in_chest", "pain_in_the_chest", "chest_discomfort", "retrosternal_pain", "tightness_in_chest"),
    *("pressure_in_chest", "stemi", "nstemi", "mi", "acute_coronary_syndrome", "chest_hurts", "chest_hurting"),
    # dyspnoea
    *("dyspnoe", "short_of_breath", "breathlessness", "difficulty_breathing", "trouble_breathing", "cant_breathe"),
    *("sob", "respiratory_distress", "difficulty_in_breathing", "struggling_to_breathe", "hard_to_breathe"),
    *("can_not_breathe", "unable_to_breathe", "not_breathing_well", "not_breathing_properly"),
    # severe_headache
    *("thunderclap", "worst_headache"),
    # visual_loss
    *("vision_loss", "loss_of_vision", "blindness", "cant_see", "can_not_see", "unable_to_see", "lost_vision"),
    # seizure
    *("convulsing", "tonic_clonic", "tonic_clonic_seizure", "generalised_seizure", "generalized_seizure"),
    "status_epilepticus",
    # syncope
    *("syncopal_episode", "fainting", "blacked_out"),
    # stridor
    "stridorous",
    # focal_deficit
    *("stroke_symptoms", "hemiparesis", "hemiplegia", "weakness_of_one_side", "tia", "transient_ischaemic_attack"),
    *("transient_ischemic_attack", "weakness_on_one_side", "weakness_left_side", "weakness_right_side"),
    *("left_sided_weakness", "right_sided_weakness", "numbness_one_side", "numbness_on_one_side", "slurring"),
    *("face_drooping", "facial_drooping", "arm_weakness", "weak_arm", "weakness_of_arm", "weakness_in_left_arm"),
    *("weakness_in_right_arm", "cannot_move_arm", "cant_move_arm", "cannot_move_left_arm", "cannot_move_right_arm"),
    *("cannot_move_leg", "cant_move_leg", "unable_to_move_arm", "unable_to_move_leg", "numb_face", "face_numb"),
    *("facial_numbness", "facial_weakness"),
    # anaphylaxis
    *("severe_allergic_reaction", "anaphylactic", "anaphylactoid", "anaphylactoid_reaction"),
    # angioedema
    *("angiooedema", "tongue_swelling", "lip_swelling", "throat_swelling", "swelling_of_tongue"),
    *("swelling_of_throat", "swelling_of_lips", "lips_swollen", "swollen_face", "face_swollen", "face_swelling"),
    *("facial_swelling", "tongue_swollen", "throat_swollen", "tight_throat", "throat_tightness"),
    *("tightness_of_throat", "throat_closed"),
    # laryngospasm
    *("laryngeal_spasm", "laryngospasmus"),
    # bronchospasm
    *("wheeze", "asthma_attack", "status_asthmaticus"),
    # airway_obstruction
    *("obstructed_airway", "blocked_airway", "choked"),
    # apnoea
    *("no_breathing", "resp_arrest", "no_resp_effort", "no_respiratory_effort", "breathing_stopped", "apneic"),
    *("apnoeic", "no_resp"),
    # respiratory_depression
    *("hypoventilation", "shallow_breathing", "bradypnoea", "bradypnea"),
    # cyanosis
    *("cyanotic", "looks_blue", "going_blue", "turned_blue", "blue_face", "blue_fingers"),
    # cardiac_arrest
    *("heart_stopped", "ventricular_fibrillation", "vt"),
    # unresponsive
    *("unconsciousness", "loss_of_conciousness", "lost_consciousness", "loc", "not_responding", "unrousable"),
    *("unarousable", "not_rousable", "not_arousable", "comatose", "wont_wake", "cannot_wake", "no_response"),
    *("not_conscious", "lost_conciousness", "gcs_3", "difficult_to_rouse", "hard_to_awaken", "difficult_to_wake"),
    *("difficult_to_awaken", "barely_rousable", "hardly_responsive"),
    *OF_AN_ATTEMPT,
    # hypoxia
    *("hypoxic", "hypoxaemia", "hypoxemia", "desaturated", "desaturating", "low_oxygen", "sao2_low", "low_sao2"),
    *("spo2_low", "sats_low", "low_sats"),
    # pulmonary_oedema
    "pulmonary_edema",
    # pulmonary_embolism
    *("pe", "embolism", "embolus"),
    # hypertensive_crisis
    "hypertensive_emergency",
    # shock
    "cold_and_clammy",
    # homicidal_ideation
    *("homicidal_thoughts", "thoughts_of_harming_others", "thoughts_of_killing_others", "wants_to_hurt_others"),
    *("wants_to_harm_others", "wants_to_hurt_someone", "wants_to_hurt_somebody", "wants_to_kill_someone"),
    *("wants_to_kill_somebody", "wants_to_hurt_her_baby", "wants_to_hurt_his_baby", "wants_to_hurt_their_baby"),
    *("wants_to_hurt_the_baby", "wants_to_harm_her_baby", "wants_to_harm_the_baby", "hurt_her_baby", "hurt_his_baby"),
    *("hurt_the_baby", "harm_her_baby", "harm_the_baby", "wants_to_hurt_her_child", "wants_to_hurt_his_child"),
    "wants_to_hurt_her_children",
    # suicidal_ideation
    *("suicidal", "suicidal_thinking", "suicidality", "suicide_ideation", "thoughts_of_suicide", "thinks_of_suicide"),
    *("thinking_of_suicide", "talks_of_suicide", "wish_to_die", "wants_to_be_dead", "wish_to_be_dead", "si"),
    *("self_injury", "self_mutilation", "suicide", "thinking_about_suicide", "thoughts_about_suicide"),
    *("suicide_note", "goodbye_letter", "no_reason_to_live", "life_not_worth_living", "doesnt_want_to_live"),
    *("doesnt_want_to_wake_up", "end_it_all", "ending_it_all", "self_harmed", "self_harming"),
    *("wants_to_hurt_herself", "wants_to_hurt_himself", "wants_to_hurt_themselves"),
    # arrhythmia
    *("irregular_heartbeat", "irregular_pulse", "dysrhythmia", "svt", "supraventricular_tachycardia"),
    *("atrial_fibrillation", "afib", "tachyarrhythmia", "bradyarrhythmia", "bradycardia", "bradycardic"),
)
"""By the code that the shipped files read them as. What a word is that may be a mood as well, `blue`, or that most have
after a dose, `weak_leg`, is the clinic's own to say.
"""
